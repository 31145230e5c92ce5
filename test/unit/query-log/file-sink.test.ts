import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import files, { type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CONTROL, controlFrame } from "../../../src/query-log/frame-streams.js";
import { FileSink, type FileSinkOptions, type SinkFiles } from "../../../src/query-log/sinks/file-sink.js";
import { ManualTimers } from "../../support/timers.js";
import { until } from "../../support/wait.js";
import { eventsOf } from "./support.js";

let path: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-sink-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  path = join(folder, "queries");
});

const START = Buffer.from(controlFrame(CONTROL.START)).toString("latin1");
const STOP = Buffer.from(controlFrame(CONTROL.STOP)).toString("latin1");
const read = (file: string) => readFileSync(file, "latin1");

function open(own: Partial<FileSinkOptions> = {}) {
  const { events, seen } = eventsOf();
  const timers = new ManualTimers();
  const options = { path, isFramed: false, maxBytes: 0, keepFiles: 2, files, ...own };
  const sink = new FileSink({ ...options, events, timers });
  onTestFinished(() => sink.close());
  sink.start();
  const isReady = () => until("the sink", () => sink.isReady);
  const write = async (text: string) => {
    await isReady();
    sink.write(Buffer.from(text), 1);
    await isReady();
  };
  return { sink, seen, timers, isReady, write };
}

/** Files of which the next `write` fails when half is written, as on a full disk. */
function fullOnce(): SinkFiles {
  let isFull = true;
  const fail = async (file: FileHandle, octets: Uint8Array) => {
    isFull = false;
    await file.write(octets.subarray(0, octets.length / 2));
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  return {
    ...files,
    open: async (...how: Parameters<typeof files.open>) => {
      const file = await files.open(...how);
      const write = file.write.bind(file);
      file.write = ((octets: Uint8Array, at: number) => {
        if (!isFull || octets[0] === 0) return write(octets, at);
        file.write = write as typeof file.write;
        return fail(file, octets);
      }) as typeof file.write;
      return file;
    },
  };
}

describe("a file", () => {
  test("of lines is continued, and only its group may read it", async () => {
    writeFileSync(path, "old\n", { mode: 0o600 });
    const { write, sink } = open();
    await write("new\n");
    await sink.close();
    expect(read(path)).toBe("old\nnew\n");
    rmSync(path);
    await open().write("x\n");
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  test("of frames begins and ends as a stream; an older one is put aside", async () => {
    writeFileSync(path, "older");
    const { write, sink, seen } = open({ isFramed: true });
    await write("frame");
    await sink.close();
    expect([read(path), read(`${path}.1`)]).toEqual([`${START}frame${STOP}`, "older"]);
    expect(seen).toContain("written 1 5");
  });

  test("that has been moved is opened again at its path, and one that has not stays", async () => {
    const { write, sink, isReady } = open({ isFramed: true });
    await write("one");
    sink.reopen();
    await write("two");
    renameSync(path, `${path}.moved`);
    sink.reopen();
    await isReady();
    await write("three");
    await sink.close();
    expect([read(`${path}.moved`), read(path)]).toEqual([`${START}onetwo${STOP}`, `${START}three${STOP}`]);
    expect(existsSync(`${path}.1`)).toBe(false);
  });

  test("that is large is put aside, and of those put aside the newest are kept", async () => {
    const { write } = open({ maxBytes: 4, keepFiles: 2 });
    for (const text of ["aaaa", "bbbb", "cccc", "dddd", "e"]) await write(text);
    expect([read(path), read(`${path}.1`), read(`${path}.2`)]).toEqual(["e", "dddd", "cccc"]);
    expect(existsSync(`${path}.3`)).toBe(false);
  });

  test("that is large is begun anew where none is kept", async () => {
    const { write } = open({ maxBytes: 4, keepFiles: 0 });
    for (const text of ["aaaa", "b"]) await write(text);
    expect(read(path)).toBe("b");
    expect(existsSync(`${path}.1`)).toBe(false);
  });
});

describe("a file that cannot be written", () => {
  test("loses a chunk as a whole, and is tried again after a second", async () => {
    const { sink, seen, timers, isReady, write } = open({ files: fullOnce() });
    await isReady();
    sink.write(Buffer.from("half of this"), 3);
    await until("the failure", () => seen.includes("trouble: no space left on device"));
    expect(seen).toContain("lost 3");
    expect([read(path), sink.isReady]).toEqual(["", false]);
    await timers.advance(1_000);
    await write("whole");
    expect(read(path)).toBe("whole");
  });

  test("is tried again until its folder is there", async () => {
    const folder = join(path, "below");
    const { seen, timers, write } = open({ path: join(folder, "log") });
    await until("the failure", () => seen.some((each) => each.startsWith("trouble: ENOENT")));
    mkdirSync(folder, { recursive: true });
    await timers.advance(1_000);
    await write("x");
    expect(read(join(folder, "log"))).toBe("x");
  });

  test("is no folder and no device", async () => {
    const { seen } = open({ path: "/dev/null" });
    await until("the failure", () => seen.includes("trouble: it is no regular file"));
  });
});

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import files, { type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CONTROL, controlFrame } from "../../../src/query-log/frame-streams.js";
import { FileSink, type FileSinkOptions } from "../../../src/query-log/sinks/file-sink.js";
import type { SinkFiles } from "../../../src/query-log/sinks/sink-files.js";
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

/** Files of which the next writes of chunks fail when half is written, as on a full disk. */
function fullTimes(times: number): SinkFiles {
  let left = times;
  const fail = async (write: FileHandle["write"], octets: Uint8Array) => {
    left--;
    await write(octets.subarray(0, octets.length / 2));
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  return {
    ...files,
    open: async (...how: Parameters<typeof files.open>) => {
      const file = await files.open(...how);
      const write = file.write.bind(file);
      file.write = ((octets: Uint8Array, at: number) => {
        if (left === 0 || octets[0] === 0) return write(octets, at);
        return fail(write, octets);
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

  test("of frames begins and ends as a stream; one that broke off is put aside", async () => {
    writeFileSync(path, `${START}older`, "latin1");
    const { write, sink, seen } = open({ isFramed: true });
    await write("frame");
    await sink.close();
    expect([read(path), read(`${path}.1`)]).toEqual([`${START}frame${STOP}`, `${START}older`]);
    expect(seen).toContain("written 1 5");
  });

  test("of frames goes on after each restart, and none without a record is put aside", async () => {
    for (const text of ["one", "", "two"]) {
      const { write, sink, isReady } = open({ isFramed: true });
      await (text === "" ? isReady() : write(text));
      await sink.close();
    }
    expect(read(path)).toBe(`${START}onetwo${STOP}`);
    for (const killed of [START, START.slice(0, 7), ""]) {
      writeFileSync(path, killed, "latin1");
      const { write, sink } = open({ isFramed: true });
      await write("x");
      await sink.close();
      expect(read(path)).toBe(`${START}x${STOP}`);
    }
    expect(existsSync(`${path}.1`)).toBe(false);
  });

  test("that is too large already when it is opened is put aside first", async () => {
    writeFileSync(path, "large");
    await open({ maxBytes: 4 }).write("new");
    expect([read(path), read(`${path}.1`)]).toEqual(["new", "large"]);
  });

  test("that is put aside takes the first free number, and pushes none over the end for it", async () => {
    writeFileSync(`${path}.2`, "earlier");
    await open({ maxBytes: 4 }).write("full");
    await until("the next one", () => read(path) === "");
    expect([read(`${path}.1`), read(`${path}.2`)]).toEqual(["full", "earlier"]);
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
  test("keeps a chunk as a whole, and writes it after a second", async () => {
    const { sink, seen, timers, isReady, write } = open({ files: fullTimes(1) });
    await isReady();
    sink.write(Buffer.from("half of this"), 3);
    await until("the failure", () => seen.includes("trouble: no space left on device"));
    expect([read(path), sink.isReady]).toEqual(["", false]);
    await timers.advance(1_000);
    await write(", and more");
    expect(read(path)).toBe("half of this, and more");
    expect(seen).toContain("written 3 12");
  });

  test("and that is full for long pushes none of the earlier files away, and goes on as one stream", async () => {
    for (const number of [1, 2]) writeFileSync(`${path}.${number}`, `earlier ${number}`);
    const { sink, seen, timers, isReady } = open({ isFramed: true, files: fullTimes(5) });
    await isReady();
    sink.write(Buffer.from("after"), 1);
    await until("the chunk", async () => {
      await timers.advance(1_000);
      return seen.includes("written 1 5");
    });
    await sink.close();
    expect(read(path)).toBe(`${START}after${STOP}`);
    expect([1, 2].map((number) => read(`${path}.${number}`))).toEqual(["earlier 1", "earlier 2"]);
    expect(seen.map((each) => each.split(" ", 1)[0])).toEqual([
      "ready",
      ...Array(5).fill("trouble:"),
      "written",
      "ready",
    ]);
  });

  test("counts what is left when it is closed as lost", async () => {
    const { sink, seen, isReady } = open({ files: fullTimes(9) });
    await isReady();
    sink.write(Buffer.from("x y"), 3);
    await until("the failure", () => seen.includes("trouble: no space left on device"));
    await sink.close();
    expect(seen).toContain("lost 3");
  });

  test("because what is in its way is no file stops at its size until that is gone, and moves nothing else", async () => {
    mkdirSync(`${path}.2`);
    writeFileSync(`${path}.1`, "earlier");
    const { sink, seen, timers, isReady, write } = open({ maxBytes: 4 });
    await isReady();
    sink.write(Buffer.from("full"), 1);
    const trouble = `trouble: it has reached maxBytes, and cannot be put aside: ${path}.2 is no regular file`;
    await until("the failure", () => seen.includes(trouble));
    await timers.advance(1_000);
    await until("another one", () => seen.filter((each) => each === trouble).length === 2);
    expect([read(path), read(`${path}.1`), sink.isReady]).toEqual(["full", "earlier", false]);
    rmSync(`${path}.2`, { recursive: true });
    await timers.advance(2_000);
    await write("new");
    expect([read(path), read(`${path}.1`), read(`${path}.2`)]).toEqual(["new", "full", "earlier"]);
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

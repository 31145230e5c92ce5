import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { RecordsFile, withRecordsFile } from "../../../src/process/records-file.js";
import { ManualTimers } from "../../support/timers.js";
import { configOf } from "../config/support.js";

const FOLDER = mkdtempSync(join(tmpdir(), "records-file-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const names = ({ records }: Config) => records.map(({ name }) => name);
let files = 0;

/** A records file with this text, and what follows it. */
function setUp(text: string) {
  const path = join(FOLDER, `records-${++files}`);
  writeFileSync(path, text);
  const timers = new ManualTimers();
  const faults: string[] = [];
  const seen: (readonly string[])[] = [];
  const file = new RecordsFile(configOf({ recordsFile: path }), {
    log: { error: (_about: unknown, message?: string) => faults.push(message ?? ""), info: () => undefined },
    timers,
    onChange: (config) => seen.push(names(config)),
  });
  file.start();
  return { path, timers, faults, seen, file };
}

describe("a file of records", () => {
  test("is read when it has stayed the same for a second, and no sooner", () => {
    const { path, timers, seen } = setUp("a A 192.0.2.1\n");
    for (const name of ["b", "c", "d"]) {
      appendFileSync(path, `${name} A 192.0.2.1\n`);
      timers.pass(1_000);
    }
    expect(seen).toEqual([]);
    timers.pass(1_000);
    expect(seen).toEqual([["a.mesos", "b.mesos", "c.mesos", "d.mesos"]]);
  });

  test("that is gone leaves its records, and is read when it is there again", () => {
    const { path, timers, seen, faults, file } = setUp("a A 192.0.2.1\n");
    renameSync(path, `${path}-away`);
    timers.pass(5_000);
    expect([seen, faults.length, names(file.config)]).toEqual([[], 1, ["a.mesos"]]);
    renameSync(`${path}-away`, path);
    timers.pass(2_000);
    expect([seen, file.report?.isFaulty]).toEqual([[["a.mesos"]], false]);
  });

  test("that is a named pipe or a folder is a fault, and nobody waits for it", () => {
    const { path, timers, faults, file } = setUp("a A 192.0.2.1\n");
    rmSync(path);
    execFileSync("mkfifo", [path]);
    timers.pass(2_000);
    expect(faults).toEqual([expect.stringContaining("it is no regular file")]);
    expect(names(file.config)).toEqual(["a.mesos"]);
    for (const other of [path, FOLDER])
      expect(() => withRecordsFile(configOf({ recordsFile: other }))).toThrow("it is no regular file");
  });

  test("of more than 4 MiB is not read", () => {
    const { path, timers, faults } = setUp("a A 192.0.2.1\n");
    writeFileSync(path, " ".repeat(4 * 1024 * 1024 + 1));
    timers.pass(2_000);
    expect(faults).toEqual([expect.stringContaining("it has 4194305 octets, and 4194304 are the most")]);
  });
});

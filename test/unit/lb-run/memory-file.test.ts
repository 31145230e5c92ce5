import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { HaproxyProcess } from "../../../src/haproxy/process.js";
import { goodMemory, MemoryFile } from "../../../src/lb-run/memory-file.js";

test("what cannot be kept is told once, and kept when it can be", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-memory-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lines: string[] = [];
  const written: string[] = [];
  let isFull = true;
  const haproxy = {
    writeFile: async (name: string) => {
      if (isFull) throw new Error("no space left on device");
      written.push(name);
    },
  } as unknown as HaproxyProcess;
  const log = { warn: (...words: unknown[]) => void lines.push(String(words.at(-1))) };
  const memory = await MemoryFile.open(goodMemory<string>("bridge"), { haproxy, folder, log });
  expect([await memory.write(["a"]), await memory.write(["a"])]).toEqual([false, false]);
  expect(lines).toEqual(["how apps were when they were last well is not kept: no space left on device"]);
  isFull = false;
  expect([await memory.write(["a"]), await memory.write(["a"])]).toEqual([true, true]);
  expect(written).toEqual(["mesos-dns-lb-bridge.state"]);
});

import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HaproxyProcess, type ProcessParts } from "../../../src/haproxy/process.js";
import { ManualTimers } from "../../support/timers.js";

async function open(own: Partial<ProcessParts["files"]> = {}, stderr = "") {
  const runDir = await files.mkdtemp(join(tmpdir(), "mesos-dns-haproxy-"));
  onTestFinished(() => files.rm(runDir, { recursive: true }));
  const haproxy = new HaproxyProcess({
    settings: { runDir, name: "haproxy", binary: "haproxy", code: "LB_HAPROXY", oldest: [2, 4] },
    run: async () => ({ code: stderr === "" ? 0 : 1, stdout: "", stderr }),
    files: { ...files, ...own },
    kill: () => undefined,
    timers: new ManualTimers(),
  });
  return { haproxy, runDir };
}

test("a file that cannot be written is told of in the same words each time", async () => {
  const { haproxy, runDir } = await open({
    open: async (path) => {
      const error = new Error(`ENOSPC: no space left on device, open '${String(path)}'`);
      throw Object.assign(error, { code: "ENOSPC", syscall: "open" });
    },
  });
  const said = `${runDir}/haproxy.cfg cannot be written: ENOSPC: no space left on device`;
  for (let time = 0; time < 2; time++) await expect(haproxy.write("")).rejects.toThrow(new RegExp(`^${said}$`, "u"));
});

test("what a killed program has left unfinished is removed, and nothing else", async () => {
  const { haproxy, runDir } = await open();
  const kept = ["haproxy.cfg", "haproxy.new", "mine.new"];
  for (const name of [...kept, `haproxy.cfg.${"0f".repeat(16)}.new`]) await files.writeFile(join(runDir, name), "");
  await haproxy.tidy();
  expect((await files.readdir(runDir)).sort()).toEqual(kept);
});

test("what HAProxy says does not have its process id in it", async () => {
  const { haproxy } = await open(
    {},
    "[NOTICE]   (7) : version\n[ALERT]    (7) : [haproxy.main()] Cannot create pidfile\n",
  );
  await expect(haproxy.start()).rejects.toThrow(
    "haproxy does not start: [ALERT] [haproxy.main()] Cannot create pidfile",
  );
});

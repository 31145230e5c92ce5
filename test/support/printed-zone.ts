import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Json } from "./json.js";
import { runProgram } from "./server.js";

/** The zone as `mesos-dns zone` prints it. */
export async function printedZone(config: Json, state: Json): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-zone-"));
  try {
    const [configFile, stateFile] = ["config.json", "state.json"].map((file) => join(folder, file));
    writeFileSync(configFile, JSON.stringify(config));
    writeFileSync(stateFile, JSON.stringify(state));
    const { status, stdout, stderr } = await runProgram("zone", "--state", stateFile, "--config", configFile);
    expect(status, stderr).toBe(0);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

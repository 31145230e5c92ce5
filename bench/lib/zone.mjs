/** The zone that is served beside another server: the settings for it, and its file. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { MAIN } from "./server.mjs";

/** Every feature that a query meets. */
export const EVERYTHING = {
  externalon: true,
  resolvers: ["192.0.2.53"],
  rateLimit: { answersPerSecond: 1_000_000, negativesPerSecond: 1_000_000, errorsPerSecond: 1_000_000 },
};

/** Writes the zone that this server makes of a state, for others to serve. */
export async function writeZone(folder, state) {
  writeFileSync(join(folder, "state.json"), state);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ masters: ["192.0.2.1:5050"] }));
  const args = [MAIN, "zone", "--state", join(folder, "state.json"), `-config=${join(folder, "config.json")}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 28 });
  writeFileSync(join(folder, "zone"), stdout);
  return join(folder, "zone");
}

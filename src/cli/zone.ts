import { pipeline } from "node:stream/promises";
import { hasCode, MesosDnsError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Config } from "../config/config.js";
import { withRecordsFile } from "../process/records-file.js";
import { viewsOf, zonesOf } from "../views/views.js";
import { SCATTERED } from "../views/zone-spec.js";
import { toMasterFile } from "../zone/master-file.js";
import { Snapshot } from "../zone/snapshot.js";
import { buildOffline } from "./offline.js";

/**
 * `mesos-dns zone`: prints the zone that would be served for a state, as a master file (RFC 1035 §5). Does not resolve host names.
 * @param name of the zone; the domain by default
 */
export async function printZone(stateFile: string, given: Config, name = given.domain): Promise<void> {
  const config = withRecordsFile(given);
  const zone = zoneCalled(name, config);
  const { build } = await buildOffline(stateFile, config);
  const { update, skipped } = build;
  if (!update) throw new MesosDnsError("INTERNAL", "a first build gave no zone");
  for (const { kind, id, detail } of skipped)
    process.stderr.write(`${printable(`left out: ${kind} ${id}: ${detail}`)}\n`);
  const snapshot = Snapshot.empty(update.apexes).with(update);
  await print(toMasterFile(snapshot, snapshot.indexOf(zone)));
}

/** The apex of the zone with this name. The scattered zone of reverse names has no apex and cannot be printed. */
function zoneCalled(name: string, config: Config): string {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  const zones = zonesOf(viewsOf(config))
    .map((zone) => zone.name)
    .filter((zone) => zone !== SCATTERED);
  if (zones.includes(wanted)) return wanted;
  throw new MesosDnsError("USAGE", `--zone is ${JSON.stringify(name)}; this configuration has ${zones.join(" and ")}`);
}

/** Prints as fast as the reader takes it. A reader that stops early (`| head`) is no failure. */
async function print(text: Iterable<string>): Promise<void> {
  try {
    await pipeline(text, process.stdout, { end: false });
  } catch (error) {
    if (!hasCode(error, "EPIPE")) throw error;
  }
}

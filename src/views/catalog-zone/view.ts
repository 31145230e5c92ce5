import { createHash } from "node:crypto";
import type { ZoneConfig } from "../../config/config.js";
import { encodeName } from "../../wire/names.js";
import { zoneAt } from "../configured-zone.js";
import type { RecordSink } from "../sink.js";
import type { View } from "../view.js";
import { SCATTERED } from "../zone-spec.js";

/** The version of the form of catalogue zones (RFC 9432 §4.2.1). */
const VERSION = "2";
/** Nobody resolves names in a catalogue zone, so it needs no server (RFC 9432 §4.1). */
const NO_SERVER = "invalid";

/**
 * The zone that lists the others for secondaries (RFC 9432), if configured (`catalogZone`).
 *
 * @param others the names of all other zones
 */
export function catalogZoneView(config: ZoneConfig, others: readonly string[]): View | undefined {
  const { catalogZone } = config;
  if (catalogZone === "") return undefined;
  const members = others.filter((zone) => zone !== SCATTERED);
  return {
    zones: [{ ...zoneAt(catalogZone, config), nameServers: [NO_SERVER] }],
    emitter: (_facts, { zone }) => ({
      nameServers: () => {
        const records = zone(catalogZone) as RecordSink;
        records.character(`version.${catalogZone}`, VERSION);
        for (const member of members) records.pointer(`${idOf(member)}.zones.${catalogZone}`, member);
      },
    }),
  };
}

/** Identifies a zone in the catalogue, the same on every primary: the SHA-1 of its name in wire form. */
function idOf(zone: string): string {
  return createHash("sha1").update(encodeName(zone)).digest("hex");
}

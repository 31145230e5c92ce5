import type { ZoneConfig } from "../../config/config.js";
import { isInZone } from "../../config/names.js";
import { isReverse } from "../../config/reverse-zone.js";
import { zoneAt } from "../configured-zone.js";
import type { RecordSink, Sinks } from "../sink.js";
import type { View } from "../view.js";
import { SCATTERED } from "../zone-spec.js";
import { ReverseNames } from "./reverse-names.js";

/**
 * The reverse names of the cluster's addresses in `in-addr.arpa` and `ip6.arpa`, if configured (`reverse`): in whole zones
 * (`reverseZones`), or as single names.
 */
export function reverseView(config: ZoneConfig): View | undefined {
  if (!config.reverse) return undefined;
  const names = new ReverseNames();
  const zones = zonesOfPointers(config);
  return {
    zones: [...config.reverseZones, SCATTERED].map((name) => zoneAt(name, config)),
    claims: { made: names.claims, withdrawn: names.withdrawals },
    publish: (removed, added) => names.publish(pointersIn(removed, zones), pointersIn(added, zones)),
  };
}

/** The zones that have all reverse names in them. A static zone has those of the cluster too: it is answered and transferred as one. */
export function zonesOfPointers({ reverseZones, staticZones }: ZoneConfig): readonly string[] {
  return [...reverseZones, ...staticZones.filter(isReverse)];
}

/** Passes the pointers of each zone to its sink, and the others to that of single names. */
export function pointersIn(sinks: Sinks, zones: readonly string[]): Pick<RecordSink, "pointer"> {
  const single = sinks.zone(SCATTERED) as RecordSink;
  if (zones.length === 0) return single;
  const whole = zones.map((zone) => ({ zone, sink: sinks.zone(zone) as RecordSink }));
  return {
    pointer: (name, target) => (whole.find(({ zone }) => isInZone(name, zone))?.sink ?? single).pointer(name, target),
  };
}

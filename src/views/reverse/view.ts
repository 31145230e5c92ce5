import type { ZoneConfig } from "../../config/config.js";
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
  const zones = config.reverseZones;
  return {
    zones: [...zones, SCATTERED].map((name) => zoneAt(name, config)),
    claims: { made: names.claims, withdrawn: names.withdrawals },
    publish: (removed, added) => names.publish(pointersIn(removed, zones), pointersIn(added, zones)),
  };
}

/** Passes the pointers of each zone to its sink, and the others to that of single names. */
export function pointersIn(sinks: Sinks, zones: readonly string[]): Pick<RecordSink, "pointer"> {
  const single = sinks.zone(SCATTERED) as RecordSink;
  if (zones.length === 0) return single;
  const whole = zones.map((zone) => ({ end: `.${zone}`, sink: sinks.zone(zone) as RecordSink }));
  return {
    pointer: (name, target) => (whole.find(({ end }) => name.endsWith(end))?.sink ?? single).pointer(name, target),
  };
}

import type { ZoneConfig } from "../../config/config.js";
import { zoneAt } from "../configured-zone.js";
import type { RecordSink } from "../sink.js";
import type { View } from "../view.js";
import { SCATTERED } from "../zone-spec.js";
import { ReverseNames } from "./reverse-names.js";

/** The reverse names of the cluster's addresses in `in-addr.arpa` and `ip6.arpa`, if configured (`reverse`). */
export function reverseView(config: ZoneConfig): View | undefined {
  if (!config.reverse) return undefined;
  const names = new ReverseNames();
  return {
    zones: [zoneAt(SCATTERED, config)],
    claims: { made: names.claims, withdrawn: names.withdrawals },
    publish: (removed, added) =>
      names.publish(removed.zone(SCATTERED) as RecordSink, added.zone(SCATTERED) as RecordSink),
  };
}

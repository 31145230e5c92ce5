import type { ZoneConfig } from "../config/config.js";
import { dcosView } from "./dcos/view.js";
import { mesosDnsView } from "./mesos-dns/view.js";
import { reverseView } from "./reverse/view.js";
import type { View } from "./view.js";
import type { ZoneSpec } from "./zone-spec.js";

/** Every view there is. Each gives nothing where the configuration does not want it. */
const VIEWS: readonly ((config: ZoneConfig) => View | undefined)[] = [mesosDnsView, dcosView, reverseView];

/** The views that a configuration wants. */
export function viewsOf(config: ZoneConfig): readonly View[] {
  return VIEWS.map((make) => make(config)).filter((view) => view !== undefined);
}

/** The zones of views, each once. */
export function zonesOf(views: readonly View[]): readonly ZoneSpec[] {
  const zones = new Map<string, ZoneSpec>();
  for (const zone of views.flatMap((view) => view.zones)) if (!zones.has(zone.name)) zones.set(zone.name, zone);
  return [...zones.values()];
}

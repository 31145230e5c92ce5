import type { ZoneConfig } from "../config/config.js";
import { dcosView } from "./dcos/view.js";
import { mesosDnsView } from "./mesos-dns/view.js";
import { reverseView } from "./reverse/view.js";
import type { View } from "./view.js";
import type { ZoneSpec } from "./zone-spec.js";

/** All views. Each function returns `undefined` if its view is not configured. */
const VIEWS: readonly ((config: ZoneConfig) => View | undefined)[] = [mesosDnsView, dcosView, reverseView];

/** The configured views. */
export function viewsOf(config: ZoneConfig): readonly View[] {
  return VIEWS.map((make) => make(config)).filter((view) => view !== undefined);
}

/** The zones of views, without duplicates. */
export function zonesOf(views: readonly View[]): readonly ZoneSpec[] {
  const zones = new Map<string, ZoneSpec>();
  for (const zone of views.flatMap((view) => view.zones)) if (!zones.has(zone.name)) zones.set(zone.name, zone);
  return [...zones.values()];
}

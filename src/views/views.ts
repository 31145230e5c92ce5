import type { ZoneConfig } from "../config/config.js";
import { catalogZoneView } from "./catalog-zone/view.js";
import { consulView } from "./consul/view.js";
import { dcosView } from "./dcos/view.js";
import { mesosDnsView } from "./mesos-dns/view.js";
import { reverseView } from "./reverse/view.js";
import { staticView } from "./static/view.js";
import type { View } from "./view.js";
import { vipView } from "./vips/view.js";
import type { ZoneSpec } from "./zone-spec.js";

/** All views. Each function returns `undefined` if its view is not configured. */
const VIEWS: readonly ((config: ZoneConfig) => View | undefined)[] = [
  mesosDnsView,
  dcosView,
  reverseView,
  vipView,
  consulView,
  staticView,
];

/** The configured views. The catalogue zone lists the zones of the others. */
export function viewsOf(config: ZoneConfig): readonly View[] {
  const views = VIEWS.map((make) => make(config)).filter((view) => view !== undefined);
  const catalog = catalogZoneView(
    config,
    zonesOf(views).map(({ name }) => name),
  );
  return catalog ? [...views, catalog] : views;
}

/** The zones of views, without duplicates. */
export function zonesOf(views: readonly View[]): readonly ZoneSpec[] {
  const zones = new Map<string, ZoneSpec>();
  for (const zone of views.flatMap((view) => view.zones)) if (!zones.has(zone.name)) zones.set(zone.name, zone);
  return [...zones.values()];
}

import { all, NO_CLAIMS, type Sinks, type ZoneSink } from "./sink.js";
import type { View } from "./view.js";

/**
 * The sinks that views emit into. Records of a zone go to its own sink and to the views that mirror the zone; claims go to the
 * view that takes them.
 */
export function sinksOf(
  views: readonly View[],
  own: ReadonlyMap<string, ZoneSink>,
  claims: "made" | "withdrawn",
): Sinks {
  const taker = views.find((view) => view.claims);
  const direct: Sinks = { zone: (name) => own.get(name), claims: NO_CLAIMS };
  const mirrors = views.flatMap(({ mirror }) => (mirror ? [{ of: mirror.of, sink: mirror.into(direct) }] : []));
  const sinks = new Map(
    Array.from(own, ([zone, sink]) => {
      const mirrored = mirrors.filter(({ of }) => of === zone).map((mirror) => mirror.sink);
      return [zone, all([sink, ...mirrored])];
    }),
  );
  return { zone: (name) => sinks.get(name), claims: taker?.claims?.[claims] ?? NO_CLAIMS };
}

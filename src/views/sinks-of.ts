import { all, NO_CLAIMS, type RecordSink, type Sinks } from "./sink.js";
import type { View } from "./view.js";

/**
 * Where views emit to, if the records of each zone go to its sink: every record also goes to the views that mirror its zone, and
 * claims to the view that takes them.
 */
export function sinksOf(
  views: readonly View[],
  own: ReadonlyMap<string, RecordSink>,
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

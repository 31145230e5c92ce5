import { emitAll, emitChanges, type Side } from "../views/changes.js";
import type { ClusterFacts } from "../views/facts.js";
import type { Sinks } from "../views/sink.js";
import { sinksOf } from "../views/sinks-of.js";
import { type Problems, together, type View } from "../views/view.js";
import { zonesOf } from "../views/views.js";
import type { ZoneSpec } from "../views/zone-spec.js";
import type { ZoneContent } from "../zone/compile.js";
import { RecordSet } from "../zone/record-set.js";

/** The records of every zone, as views emit them; they follow the cluster piece by piece. */
export class ZoneRecords {
  readonly zones: readonly ZoneSpec[];
  readonly problems: Problems = new Map();
  readonly #views: readonly View[];
  readonly #sets: ReadonlyMap<string, RecordSet>;
  readonly #added: Sinks;
  readonly #removed: Sinks;
  /** Nothing before the first cluster, and where the records are of no use any more. */
  #facts: ClusterFacts | undefined;

  /**
   * @param views made for this object alone
   * @param seed of the name hash
   * @param former whose memory may be used again
   */
  constructor(views: readonly View[], seed: number, former?: ZoneRecords) {
    this.#views = views;
    this.zones = zonesOf(views);
    this.#sets = new Map(this.zones.map(({ name }) => [name, former?.give(name) ?? new RecordSet(name, seed)]));
    const removals = new Map(Array.from(this.#sets, ([zone, { removal }]) => [zone, removal]));
    this.#added = sinksOf(this.#views, this.#sets, "made");
    this.#removed = sinksOf(this.#views, removals, "withdrawn");
  }

  /** An empty set with the memory of the one that this zone has here. It must not be used here any more. */
  give(zone: string): RecordSet | undefined {
    const set = this.#sets.get(zone);
    set?.clear();
    return set;
  }

  /** What the compiler takes, in the order of `zones`. */
  get contents(): readonly ZoneContent[] {
    return this.zones.map(({ name, soa, srvWeight }) => ({
      nameServer: soa.mname,
      srvWeight,
      records: this.#sets.get(name) as RecordSet,
    }));
  }

  /** Whether records of this name that are on standby are not published: it has others. */
  omitsStandby(zone: string, name: string): boolean {
    return this.#sets.get(zone)?.omitsStandby(name) ?? false;
  }

  /** Takes the records of a cluster. To be called once, before any change. */
  fill(facts: ClusterFacts): void {
    emitAll(this.#side(facts, this.#added), this.problems, (share) => {
      for (const set of this.#sets.values()) set.expectRest(share);
    });
    this.#publish();
    this.#facts = facts;
  }

  /** Brings the records to those of this cluster; false where they have to be made anew by another object. */
  change(facts: ClusterFacts): boolean {
    const before = this.#facts;
    if (!before || [...this.#sets.values()].some((set) => set.isWasteful)) return false;
    // Should it fail half way, the records are of no use any more.
    this.#facts = undefined;
    if (!emitChanges(this.#side(before, this.#removed), this.#side(facts, this.#added), this.problems)) return false;
    this.#publish();
    this.#facts = facts;
    return true;
  }

  #publish(): void {
    for (const view of this.#views) view.publish?.(this.#removed, this.#added);
  }

  #side(facts: ClusterFacts, sinks: Sinks): Side {
    const emitters = this.#views.map((view) => view.emitter?.(facts, sinks)).filter((emitter) => emitter !== undefined);
    return { facts, emitter: together(emitters) };
  }
}

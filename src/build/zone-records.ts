import { emitAll, emitChanges, type Side } from "../views/changes.js";
import type { ClusterFacts } from "../views/facts.js";
import type { Sinks } from "../views/sink.js";
import { sinksOf } from "../views/sinks-of.js";
import { type Problems, together, type View } from "../views/view.js";
import { zonesOf } from "../views/views.js";
import type { ZoneSpec } from "../views/zone-spec.js";
import type { ColumnMemory } from "../zone/columns.js";
import type { ZoneContent } from "../zone/compile.js";
import { srvPrefixOf } from "../zone/layout.js";
import { RecordSet } from "../zone/record-set.js";
import type { HiddenRecords } from "../zone/written-first.js";

/** The records of all zones, as views emit them. They follow the cluster piece by piece. */
export class ZoneRecords {
  readonly zones: readonly ZoneSpec[];
  readonly problems: Problems = new Map();
  readonly #views: readonly View[];
  readonly #sets: ReadonlyMap<string, RecordSet>;
  readonly #added: Sinks;
  readonly #removed: Sinks;
  /** `undefined` before the first cluster, and after a failed change, when the records cannot be used any more. */
  #facts: ClusterFacts | undefined;

  /**
   * @param views made for this object alone
   * @param seed of the name hash
   * @param former records whose memory may be reused
   * @param memory where they get theirs if there are none
   */
  constructor(views: readonly View[], seed: number, former?: ZoneRecords, memory?: ColumnMemory) {
    this.#views = views;
    this.zones = zonesOf(views);
    this.#sets = new Map(this.zones.map(({ name }) => [name, former?.give(name) ?? new RecordSet(name, seed, memory)]));
    const removals = new Map(Array.from(this.#sets, ([zone, { removal }]) => [zone, removal]));
    this.#added = sinksOf(this.#views, this.#sets, "made");
    this.#removed = sinksOf(this.#views, removals, "withdrawn");
  }

  /** Gives away the set of a zone, emptied, so that another object can reuse its memory. It must not be used here any more. */
  give(zone: string): RecordSet | undefined {
    const set = this.#sets.get(zone);
    set?.clear();
    return set;
  }

  /** The input of the compiler, in the order of `zones`. */
  get contents(): readonly ZoneContent[] {
    return this.zones.map(({ name, nameServers, srvWeight, srvPriority = 0 }) => ({
      nameServers,
      srvPrefix: srvPrefixOf(srvPriority, srvWeight),
      records: this.#sets.get(name) as RecordSet,
    }));
  }

  /** Whether this name's records on standby are not published, because it has other records. */
  omitsStandby(zone: string, name: string): boolean {
    return this.#sets.get(zone)?.omitsStandby(name) ?? false;
  }

  /** The records that the operator's own hide, as of the last compilation. */
  get hidden(): readonly HiddenRecords[] {
    return [...this.#sets.values()].flatMap((set) => set.hidden());
  }

  /** The RRsets of which no value is healthy, so that all count. */
  get failedOpen(): readonly string[] {
    return this.#views.flatMap((view) => view.failedOpen?.() ?? []);
  }

  /** Adds the records of a cluster. Call it once, before any change. */
  fill(facts: ClusterFacts): void {
    emitAll(this.#side(facts, this.#added), this.problems, (share) => {
      // Some zones have nothing before they are published.
      this.#publish();
      for (const set of this.#sets.values()) set.expectRest(share);
    });
    this.#publish();
    this.#facts = facts;
  }

  /** Changes the records to those of this cluster. Returns false if another object has to emit them anew. */
  change(facts: ClusterFacts): boolean {
    const before = this.#facts;
    if (!before || [...this.#sets.values()].some((set) => set.isWasteful)) return false;
    // If it fails half way, the records cannot be used any more.
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

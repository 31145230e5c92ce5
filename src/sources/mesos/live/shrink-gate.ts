import type { HostPort } from "../../../base/host-port.js";
import type { Cluster, Framework } from "../cluster.js";
import { sameEndpoint } from "../endpoint.js";

/** A state that removes too much is served only if the leader repeats it after this time. */
export const CONFIRM_MS = 5_000;

/** A cluster that is held, and not served yet. */
export interface HeldState {
  /** Since when it is held, in milliseconds on the clock that is passed in. */
  readonly since: number;
  readonly leader: HostPort;
  /** The number of records now in the zone, and the number that would remain. */
  readonly records: number;
  readonly remaining: number;
}

export interface ShrinkGateOptions {
  /** How many percent of the records one state may remove; 100 allows all. */
  readonly maxShrink: number;
  /** How many records a cluster has. May be slow. */
  readonly count: (cluster: Cluster) => number;
}

/** Holds a cluster that would remove a great part of the zone at once, until the leader has reported it twice. */
export class ShrinkGate {
  readonly #options: ShrinkGateOptions;
  #maxShrink: number;
  #served: Cluster | undefined;
  #servedRecords: number | undefined;
  #held: HeldState | undefined;
  readonly #weights = new WeakMap<Framework, number>();

  constructor(options: ShrinkGateOptions) {
    this.#options = options;
    this.#maxShrink = options.maxShrink;
  }

  configure(maxShrink: number): void {
    this.#maxShrink = maxShrink;
    this.#servedRecords = undefined;
  }

  get held(): HeldState | undefined {
    return this.#held;
  }

  /**
   * Whether `cluster` may be served. @param now milliseconds
   * @param askedAt when the state of the cluster was requested; `undefined` if no new state was fetched for it
   */
  admit(cluster: Cluster, now: number, askedAt: number | undefined): boolean {
    const counts = this.#shrink(cluster);
    if (!counts || this.#isConfirmed(cluster, askedAt)) {
      this.#held = undefined;
      return true;
    }
    const isHeld = this.#held && sameEndpoint(this.#held.leader, cluster.leader);
    this.#held = { since: isHeld ? (this.#held?.since ?? now) : now, leader: cluster.leader, ...counts };
    return false;
  }

  /** Call this with the cluster that is served from now on. */
  commit(cluster: Cluster): void {
    if (cluster !== this.#served) this.#servedRecords = undefined;
    this.#served = cluster;
  }

  #isConfirmed({ leader }: Cluster, askedAt: number | undefined): boolean {
    const held = this.#held;
    return held !== undefined && sameEndpoint(held.leader, leader) && (askedAt ?? 0) >= held.since + CONFIRM_MS;
  }

  /** The number of records before and after, if too many would be removed; else `undefined`. */
  #shrink(cluster: Cluster): Pick<HeldState, "records" | "remaining"> | undefined {
    if (!this.#served || this.#maxShrink >= 100 || cluster === this.#served) return undefined;
    const part = this.#maxShrink / 100;
    // Counting takes as long as building the zone. Count only if a rough estimate has shrunk by half of the allowed part.
    if (this.#weigh(cluster) >= this.#weigh(this.#served) * (1 - part / 2)) return undefined;
    this.#servedRecords ??= this.#options.count(this.#served);
    const remaining = this.#options.count(cluster);
    return remaining < this.#servedRecords * (1 - part) ? { records: this.#servedRecords, remaining } : undefined;
  }

  #weigh({ agents, frameworks }: Cluster): number {
    return frameworks.reduce((sum, framework) => sum + this.#weightOf(framework), agents.size);
  }

  /** Roughly how many records a framework has. */
  #weightOf(framework: Framework): number {
    let weight = this.#weights.get(framework);
    if (weight !== undefined) return weight;
    weight = 1;
    for (const { ports, discovery } of framework.tasks) {
      weight += 2 + (discovery?.ports.length ?? 0);
      for (const [first, last] of ports) weight += last - first + 1;
    }
    this.#weights.set(framework, weight);
    return weight;
  }
}

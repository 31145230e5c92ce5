import { FindingLog } from "../../base/finding-log.js";
import type { Logger } from "../../base/log.js";
import { PacedPieces } from "../../catalog/paced-pieces.js";
import type { IpSource } from "../../config/config.js";
import type { ConsulSettings } from "../../config/consul.js";
import type { Cluster, Task } from "../../sources/mesos/cluster.js";
import { RFC1123, toLabel } from "../../wire/labels.js";
import type { ConsulNames } from "./names.js";
import { type ConsulPiece, piecesOf } from "./pieces.js";
import { ConsulRegistry, type Surroundings } from "./registry.js";
import { Unsent } from "./unsent.js";

/** Characters of a task's id. */
const MAX_SHOWN = 100;
const SKIPPED = "ports of a task are left out of Consul's catalogue";

export interface ConsulPublisherOptions {
  /** Sends a piece. Not called again before taken() has been called. */
  readonly send: (piece: ConsulPiece) => void;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Indexes up to this one have been used before. */
  readonly above: number;
  /** The machine's name, after which this server's node is called unless it is configured. */
  readonly hostname: string;
  readonly log: Pick<Logger, "warn">;
}

/** What the zones' builder knows of the cluster's surroundings. */
export type ClusterSurroundings = Omit<Surroundings, "own"> & { readonly ownAddresses: readonly string[] };

/** The keys on which the registry depends. */
export type PublisherConfig = { readonly consul: ConsulSettings; readonly IPSources: readonly IpSource[] };

/**
 * Keeps the registry in the builder thread while it is wanted, and sends changes to the main thread, piece by piece. It sends a piece only
 * after the one before has been taken, so that neither thread is blocked for long. Changes meanwhile are joined.
 */
export class ConsulPublisher {
  readonly #options: ConsulPublisherOptions;
  readonly #skipped: FindingLog<Task>;
  #settings = "";
  #rules: ConstructorParameters<typeof ConsulRegistry>[0] | undefined;
  #nodeName = "";
  #above: number;
  #registry: ConsulRegistry | undefined;
  #names: ConsulNames | undefined;
  #unsent = new Unsent();
  readonly #pieces: PacedPieces<ConsulPiece>;

  constructor(options: ConsulPublisherOptions) {
    this.#options = options;
    this.#above = options.above;
    this.#pieces = new PacedPieces({ send: options.send, begin: () => this.#begin() });
    this.#skipped = new FindingLog(options.log, SKIPPED, ({ id }) => {
      const text = `${SKIPPED}: they have no name, or more text or ports than a task may have`;
      return { fields: { task: id.slice(0, MAX_SHOWN) }, text };
    });
  }

  /** Whether it has begun to follow a cluster. */
  get isFollowing(): boolean {
    return this.#registry !== undefined;
  }

  /** Turns it on or off. Other settings begin a new registry. */
  configure({ consul, IPSources: ipSources }: PublisherConfig): void {
    const { enabled, register, tags, httpPort, mesosService, nodeName, datacenter } = consul;
    const rules = { register, tags, ipSources, httpPort, mesosService };
    // Every answer names the datacenter: in a new registry everything has changed.
    const settings = JSON.stringify([enabled, rules, nodeName, datacenter]);
    if (settings === this.#settings) return;
    this.#settings = settings;
    this.#nodeName = nodeName || toLabel(this.#options.hostname, RFC1123) || "mesos-dns";
    this.#rules = enabled ? rules : undefined;
    this.#above = this.#registry?.indexes.all ?? this.#above;
    this.#registry = undefined;
    this.#names = undefined;
    this.#unsent = new Unsent();
    this.#pieces.forget();
  }

  /**
   * Updates the registry to this cluster, which has what labels say if anything is read of them.
   *
   * @returns what names are made of: the same object as long as nothing has changed; `undefined` if it is off
   */
  follow(cluster: Cluster, { ownAddresses, ...around }: ClusterSurroundings): ConsulNames | undefined {
    if (!this.#rules) return undefined;
    const isNew = !this.#registry;
    const registry = this.#registry ?? new ConsulRegistry(this.#rules, this.#options.wallClock, this.#above);
    this.#registry = registry;
    const change = registry.update(cluster, { ...around, own: { name: this.#nodeName, addresses: ownAddresses } });
    if (isNew) this.#unsent.begin(registry.everything());
    else if (change) this.#unsent.add(change);
    if (isNew || change) this.#names = registry.names;
    return this.#names;
  }

  /** Sends what has changed since the last call. */
  publish(): void {
    if (this.#registry) this.#skipped.note(new Map([...this.#registry.skipped].map((task) => [task.id, task])));
    this.#pieces.send();
  }

  /** Call this when the main thread has taken the last piece. */
  taken(): void {
    this.#pieces.taken();
  }

  #begin(): Generator<ConsulPiece> | undefined {
    const registry = this.#registry;
    const unsent = registry && this.#unsent.take();
    if (!registry || !unsent) return undefined;
    const { indexes, counts, ownNode } = registry;
    const end = { indexes, counts, ownNode };
    return piecesOf(unsent.change, end, unsent.isFirst, (instance) => registry.registrationOf(instance));
  }
}

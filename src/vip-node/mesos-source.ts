import { parseAddress } from "../base/addresses.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import { delay, type Timers } from "../base/timers.js";
import { HostResolver, type Lookup } from "../build/host-resolver.js";
import type { Config } from "../config/config.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import { MesosSource } from "../sources/mesos/source.js";
import type { Connect } from "../sources/mesos/zookeeper/contract.js";
import { countRecords } from "../views/mesos-dns/record-count.js";
import type { VipPiece } from "../vips/piece.js";
import { VipPublisher } from "../vips/publisher.js";
import { readEntry, type TableEntry } from "./table.js";
import type { TableListener, TableSource } from "./table-source.js";

const FROM = "the Mesos masters";

export interface MesosTableSourceParts extends TableListener {
  readonly config: Config;
  readonly lookup: Lookup;
  readonly connect: Connect;
  readonly timers: Timers;
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "warn">;
}

/** Makes the table from the masters' state and events itself, as the server does: for the few nodes that masters can bear. */
export class MesosTableSource implements TableSource {
  readonly #parts: MesosTableSourceParts;
  readonly #hosts: HostResolver;
  readonly #publisher: VipPublisher;
  readonly #source: MesosSource;
  readonly #table = new Map<string, TableEntry>();
  #last: { readonly cluster: Cluster; readonly addresses: ReadonlyMap<string, readonly string[]> } | undefined;

  constructor(parts: MesosTableSourceParts) {
    this.#parts = parts;
    const { lookup, connect, timers, random, wallClock, log } = parts;
    const config = { ...parts.config, vips: { ...parts.config.vips, names: true } };
    this.#hosts = new HostResolver({
      lookup,
      delay: (ms) => delay(timers, ms),
    });
    this.#publisher = new VipPublisher({
      send: (piece) => this.#take(piece),
      timers,
      log,
      onExpired: () => this.#publish(),
    });
    this.#publisher.configure(config.vips);
    this.#source = new MesosSource({
      config,
      timers,
      random,
      wallClock,
      lookup,
      connect,
      restored: undefined,
      count: (cluster, masters) => countRecords(cluster, masters, config),
      onCluster: (cluster) => this.#serve(cluster),
      onFailure: (error) => parts.onTrouble(messageOf(error)),
      onReport: () => undefined,
      onZooKeeper: () => undefined,
    });
  }

  start(): void {
    this.#source.start();
  }

  async stop(): Promise<void> {
    this.#publisher.stop();
    await this.#source.stop();
  }

  async #serve(cluster: Cluster): Promise<void> {
    const names = [...new Set([...cluster.agents.values()].map(({ endpoint }) => endpoint.host))];
    const unknown = new Set(names.filter((name) => !parseAddress(name)));
    const resolved = await this.#hosts.resolve(unknown);
    const addresses = names.map((name) => {
      const literal = parseAddress(name);
      return [name, (literal ? [literal] : (resolved.get(name) ?? [])).map(({ text }) => text)] as const;
    });
    this.#last = { cluster, addresses: new Map(addresses) };
    this.#publish();
    this.#parts.onCurrent(FROM);
  }

  #publish(): void {
    if (!this.#last) return;
    const { cluster, addresses } = this.#last;
    this.#publisher.follow(cluster, (host) => addresses.get(host) ?? []);
    this.#publisher.publish();
  }

  #take({ isFirst, services, gone }: VipPiece): void {
    if (isFirst) this.#table.clear();
    for (const [key, text] of services) {
      const entry = readEntry(JSON.parse(text));
      if (entry) this.#table.set(key, entry);
    }
    for (const key of gone) this.#table.delete(key);
    this.#parts.onNews({ table: new Map(this.#table), at: this.#parts.wallClock(), from: FROM });
  }
}

import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { ZoneBuilderOptions } from "../build/zone-builder.js";
import { hasFacts } from "../catalog/has-facts.js";
import { keepsCatalog, readsFacts } from "../config/catalog.js";
import { masterNodes } from "../consul/registry/masters.js";
import { ConsulPublisher } from "../consul/registry/publisher.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import type { Published } from "../views/mesos-dns/enumerate.js";
import { VipPublisher } from "../vips/publisher.js";
import { CatalogPublisher } from "./catalog-publisher.js";
import type { ClusterPort } from "./console-messages.js";
import type { ConsolePublisher } from "./console-publisher.js";
import type { BuilderConfig, BuilderStart, FromBuilder } from "./messages.js";

export interface PublishersParts {
  readonly start: Pick<BuilderStart, "catalogIndex" | "consulIndex">;
  readonly port: { postMessage(message: FromBuilder): void };
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Logger;
  /** The machine's name. */
  readonly hostname: string;
  /** Called when virtual addresses have to go that have been without targets for long enough. */
  readonly onExpired: () => void;
}

/** What of the cluster goes to the main thread beside the zones: services in the ways in which others see them. */
export class Publishers {
  readonly #catalog: CatalogPublisher;
  readonly #vips: VipPublisher;
  readonly #consul: ConsulPublisher;
  #keepsConsul = false;
  #hasFacts = false;
  #console: ConsolePublisher | undefined;
  readonly #log: Logger;

  constructor({ start, port, timers, wallClock, log, hostname, onExpired }: PublishersParts) {
    this.#log = log;
    this.#catalog = new CatalogPublisher({
      send: (piece) => port.postMessage({ kind: "catalog", piece }),
      wallClock,
      above: start.catalogIndex,
      log,
    });
    this.#vips = new VipPublisher({
      send: (piece) => port.postMessage({ kind: "vips", piece }),
      timers,
      log,
      onExpired,
    });
    this.#consul = new ConsulPublisher({
      send: (piece) => port.postMessage({ kind: "consul", piece }),
      wallClock,
      above: start.consulIndex,
      hostname,
      log,
    });
  }

  /** What the builder of zones asks of them. */
  get hooks(): Required<Pick<ZoneBuilderOptions, "vips" | "consul">> {
    return {
      vips: (cluster, addressesOf) => this.#vips.follow(cluster, addressesOf),
      consul: (facts, own) => {
        if (!this.#keepsConsul || !(this.#consul.isFollowing || hasFacts(facts.cluster))) return undefined;
        const addressesOf = (host: string) => facts.resolve(host).map(({ text }) => text);
        const ownAddresses = own.map(({ text }) => text);
        return this.#consul.follow(facts.cluster, { addressesOf, ownAddresses, masters: masterNodes(facts) });
      },
    };
  }

  configure(config: BuilderConfig): void {
    this.#catalog.configure(keepsCatalog(config));
    this.#vips.configure(config.vips);
    this.#consul.configure(config);
    this.#keepsConsul = config.consul.enabled;
    this.#hasFacts = readsFacts(config);
  }

  /** Call this behind each build. @param fetched whether a state has been fetched for it */
  follow(cluster: Cluster, fetched: boolean, addressesOf: (host: string) => readonly string[]): void {
    this.#catalog.follow(cluster, fetched, addressesOf);
    this.#console?.follow();
  }

  /** Tells the console of the cluster until the port closes. Nothing of that is loaded before. @param published what the last build was made of */
  async openConsole(port: ClusterPort, published: () => Published | undefined): Promise<void> {
    const { ConsolePublisher } = await import("./console-publisher.js");
    const opened = new ConsolePublisher({ port, published, hasFacts: () => this.#hasFacts, log: this.#log });
    this.#console = opened;
    port.on("close", () => {
      if (this.#console === opened) this.#console = undefined;
    });
  }

  /** Sends what has changed with the last build. */
  publish(): void {
    this.#vips.publish();
    this.#consul.publish();
  }

  catalogTaken(): void {
    this.#catalog.taken();
  }

  consulTaken(): void {
    this.#consul.taken();
  }

  stop(): void {
    this.#vips.stop();
  }
}

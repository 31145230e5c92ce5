import { codeOf, type MesosDnsError, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import type { ConsulSettings } from "../config/consul.js";
import type { ConsulPiece } from "../consul/registry/pieces.js";
import type { ConsulReport } from "../consul/report.js";
import { ConsulApi } from "../http/consul/api.js";
import { BlockedRequests, CONSUL_BOUNDS } from "../http/consul/blocked.js";
import { agentEndpoints } from "../http/consul/catalog/agent-endpoints.js";
import { ConsulBoard } from "../http/consul/catalog/board.js";
import { catalogEndpoints } from "../http/consul/catalog/catalog-endpoints.js";
import { healthEndpoints } from "../http/consul/catalog/health-endpoints.js";
import type { ConsulEndpoint } from "../http/consul/endpoint.js";
import { refusingEndpoints } from "../http/consul/refusals.js";
import { ConsulStats } from "../http/consul/stats.js";
import { type HttpServer, startHttp } from "../http/server.js";
import type { App } from "./app.js";
import { ConsulKeys, closedKeys } from "./consul-keys.js";
import { whenFree } from "./take-over.js";

export interface ConsulServingParts {
  readonly app: App;
  readonly log: Logger;
  /** Whether to wait until the process that has the port has closed it. */
  readonly takeOver: boolean;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

interface Open extends Place {
  readonly server: HttpServer;
}

/** Consul's API: the catalogue as it comes from the builder, who asks for it, and the server that they ask. */
export class ConsulServing {
  readonly #parts: ConsulServingParts;
  readonly #board = new ConsulBoard(true);
  readonly #stats = new ConsulStats();
  readonly #blocked = new BlockedRequests({ timers: systemTimers, later: setImmediate });
  readonly #api: ConsulApi;
  readonly #keys: ConsulKeys;
  /** Where it has to be opened; another object with each try of another place. */
  #attempt: Place | undefined;
  #open: Open | undefined;

  constructor(parts: ConsulServingParts) {
    this.#parts = parts;
    const { app, log } = parts;
    const settings = () => app.config.consul;
    const contact = () => contactOf(app);
    const catalog = { board: this.#board, datacenter: () => settings().datacenter };
    const board = this.#board;
    const nodes = { own: () => board.ownNode, has: (name: string) => board.node(name) !== undefined };
    const endpoints = [
      ...closedKeys(() => "keys are being read; try again"),
      ...refusingEndpoints(),
      ...catalogEndpoints(catalog),
      ...healthEndpoints(catalog),
      ...agentEndpoints({ ...catalog, version: VERSION, hasLeader: () => contact().hasLeader }),
    ];
    const [blocked, stats] = [this.#blocked, this.#stats];
    const api = { endpoints, settings, contact, blocked, stats, timers: systemTimers, random: Math.random, log };
    this.#api = new ConsulApi(api);
    const { stateDir } = app.config;
    const serve = (answering: readonly ConsulEndpoint[]) => {
      this.#api.add(answering);
      // Who waits for what was there before would not be woken.
      this.#blocked.answerAll();
    };
    this.#keys = new ConsulKeys({ stateDir, config: () => app.config, nodes, timers: systemTimers, log, serve });
    app.boards.consul.attach(this);
  }

  /** The last index that has come. */
  get index(): number {
    return this.#board.indexes.all;
  }

  get report(): ConsulReport {
    const { requests, refusedWrites, refusedWaits } = this.#stats;
    const [counts, keys] = [this.#board.counts, this.#keys.report];
    const isOpen = this.#open !== undefined;
    return { isOpen, counts, keys, waiting: this.#blocked.size, requests, refusedWrites, refusedWaits };
  }

  take(piece: ConsulPiece): void {
    this.#board.take(piece);
  }

  /**
   * Opens the server where it belongs now, and then the keys. Rejects with a `MesosDnsError` if it cannot listen; then it goes on where it was.
   * If it is nowhere yet and somebody has the port, such as a Consul or the process that is taken over, it is opened when he has gone: what else
   * has to be done does not wait for that.
   */
  async adjust({ httpListener: host, httpPort: port }: ConsulSettings): Promise<void> {
    const former = this.#open;
    if (former?.host !== host || former.port !== port) {
      const attempt = { host, port };
      this.#attempt = attempt;
      if (!former) {
        await this.#listenInTime(attempt);
        return;
      }
      this.#open = await this.#move(former, attempt);
      this.#tell(attempt);
    }
    await this.#openKeys();
  }

  /** Tries once, and then again and again until it is told of another place. */
  async #listenInTime(attempt: Place): Promise<void> {
    const { log, takeOver } = this.#parts;
    let isWaiting: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => {
      isWaiting = resolve;
    });
    const open = async () => {
      if (this.#attempt !== attempt) throw new Error("it belongs elsewhere now");
      return this.#listen(attempt);
    };
    const onWait = ({ code, message }: MesosDnsError) => {
      if (takeOver) log.info(attempt, "waiting for the other process to let go of Consul's API");
      else log.error({ code }, `${message}; it is opened when it is free`);
      isWaiting();
    };
    const opened = whenFree(open, systemTimers, onWait).then(async (server) => {
      if (this.#attempt !== attempt) return server.server.close();
      this.#open = server;
      this.#tell(attempt);
      await this.#openKeys();
    });
    const told = opened.catch((error: unknown) => {
      if (this.#attempt !== attempt) return;
      this.#attempt = undefined;
      log.error({ code: codeOf(error) }, `${messageOf(error)}; it is not served`);
    });
    await Promise.race([told, waits]);
  }

  /** Opens the new place before the former one is closed, if both can be open. Otherwise goes back to the former one if that fails. */
  async #move(former: Open | undefined, attempt: Place): Promise<Open> {
    if (former?.port !== attempt.port) {
      const opened = await this.#listen(attempt);
      await former?.server.close();
      return opened;
    }
    await former.server.close();
    try {
      return await this.#listen(attempt);
    } catch (error) {
      this.#open = await this.#listen(former);
      throw error;
    }
  }

  async #listen({ host, port }: Place): Promise<Open> {
    return {
      host,
      port,
      server: await startHttp({ waits: this.#api, host, port, bounds: CONSUL_BOUNDS, name: "Consul's API" }),
    };
  }

  #tell({ host, port }: Place): void {
    this.#parts.log.info({ host, port }, "serving Consul's API");
  }

  /** A process that has been taken over stores keys until it has let go of the port. */
  #openKeys(): Promise<void> {
    return this.#keys.adjust();
  }

  /** Answers the requests that wait, and closes the server. */
  async close(): Promise<void> {
    this.#parts.app.boards.consul.attach(undefined);
    this.#attempt = undefined;
    this.#blocked.close();
    await this.#open?.server.close();
    await this.#keys.close();
  }
}

/** A master counts as answering from the first state until asking one fails. */
function contactOf({ status }: App): { readonly hasLeader: boolean; readonly age: number } {
  const { failure, build, restoredFrom } = status;
  if (build && !failure) return { hasLeader: true, age: 0 };
  const readAt = build?.fetchedAt ?? restoredFrom;
  return { hasLeader: false, age: readAt === undefined ? 0 : Math.max(0, Date.now() - readAt) };
}

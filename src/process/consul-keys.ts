import { randomUUID } from "node:crypto";
import files from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { ConsulSettings } from "../config/consul.js";
import type { KvLimits } from "../consul/kv/model.js";
import { openStore } from "../consul/kv/open-store.js";
import { SessionKeeper, type Sessions } from "../consul/kv/session-keeper.js";
import type { KvStore } from "../consul/kv/store.js";
import type { KvReport } from "../consul/report.js";
import type { ConsulEndpoint, Contact } from "../http/consul/endpoint.js";
import { text } from "../http/consul/kv/answers.js";
import { kvEndpoints } from "../http/consul/kv/endpoints.js";
import type { SessionNodes } from "../http/consul/kv/session-request.js";

/** The folder in `stateDir` that has the files of keys. */
const FOLDER = "consul";

/** What of the configuration says where keys are. */
export interface KeysConfig {
  readonly consul: ConsulSettings;
  readonly zk: string;
}

export interface ConsulKeysParts {
  /** "" to keep keys in memory alone. */
  readonly stateDir: string;
  readonly config: () => KeysConfig;
  readonly nodes: SessionNodes;
  readonly timers: Timers;
  readonly log: Logger;
  /** Takes endpoints in place of those before, in which nothing changes any more. */
  readonly serve: (endpoints: readonly ConsulEndpoint[]) => void;
}

/** Keys that have been opened. */
interface Opened {
  readonly store: KvStore;
  readonly sessions: Sessions;
  readonly contact?: () => Contact;
}

/** Keys and values with their sessions, where the configuration says. */
export class ConsulKeys {
  readonly #parts: ConsulKeysParts;
  readonly #limits: KvLimits;
  /** Where keys are now; `undefined` before they have been opened. */
  #place: string | undefined;
  #opened: Opened | undefined;

  constructor(parts: ConsulKeysParts) {
    this.#parts = parts;
    this.#limits = {
      get maxKeys() {
        return parts.config().consul.kvMaxKeys;
      },
      get maxBytes() {
        return parts.config().consul.kvMaxBytes;
      },
    };
  }

  get report(): KvReport | undefined {
    const store = this.#opened?.store;
    return store && { ...store.now.sizes, isWritable: store.isWritable };
  }

  /**
   * Opens keys where they are now: from then on no other process stores anything in the same folder. If that fails, logs why, and what is
   * asked of keys is told the same: nothing else suffers.
   */
  async adjust(): Promise<void> {
    const { config, serve, log } = this.#parts;
    const { consul, zk } = config();
    const place = consul.kv === "file" ? "file" : `zookeeper ${zk}`;
    if (place === this.#place) return;
    const former = this.#place;
    this.#place = place;
    if (former !== undefined) serve(closedKeys(() => "keys are being read from where they are now; try again"));
    await this.#close();
    try {
      if (consul.kv === "file") await this.#openFile();
      else await this.#openShared(zk);
    } catch (error) {
      log.error({ code: codeOf(error) }, messageOf(error));
      serve(closedKeys(() => messageOf(error)));
    }
  }

  /** Stores what waits, and lets go of files and connections. */
  async close(): Promise<void> {
    this.#place = "closed";
    await this.#close();
  }

  async #openFile(): Promise<void> {
    const { stateDir, timers, log } = this.#parts;
    const folder = stateDir === "" ? "" : join(stateDir, FOLDER);
    const store = await openStore({ folder, limits: this.#limits, files, wallClock: Date.now, log });
    this.#begin({ store, sessions: new SessionKeeper({ store, timers }) });
  }

  async #openShared(zk: string): Promise<void> {
    const { timers, log, serve } = this.#parts;
    const place = this.#place;
    const { openShared } = await import("../consul/kv/zookeeper/open-store.js");
    if (this.#place !== place) return;
    const common = { timers, log, limits: this.#limits, wallClock: Date.now };
    const { store, sessions } = openShared(zk, { ...common, random: Math.random, newId: randomUUID });
    const opened = { store, sessions, contact: () => store.contact };
    this.#opened = opened;
    serve(closedKeys(() => `keys have not been read from ZooKeeper yet${because(store.failure)}; try again`));
    // The start waits for no ensemble.
    void store.ready.then(() => {
      if (this.#opened === opened) this.#begin(opened);
    });
  }

  #begin(opened: Opened): void {
    const { nodes, serve } = this.#parts;
    this.#opened = opened;
    opened.sessions.start();
    serve(kvEndpoints({ ...opened, nodes, newId: randomUUID }));
  }

  async #close(): Promise<void> {
    const former = this.#opened;
    this.#opened = undefined;
    former?.sessions.stop();
    await former?.store.close();
  }
}

function because(failure: Error | undefined): string {
  return failure ? ` (${failure.message})` : "";
}

/** Says of everything that is asked of keys why that cannot be. Clients try again after a 500. */
export function closedKeys(reason: () => string): readonly ConsulEndpoint[] {
  const refuse = () => text(500, reason());
  const methods = { GET: refuse, PUT: refuse, DELETE: refuse };
  return ["/v1/kv/", "/v1/session/", "/v1/txn", "/v1/event/"].map((path) => ({ path, ...methods }));
}

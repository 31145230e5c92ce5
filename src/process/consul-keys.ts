import { randomUUID } from "node:crypto";
import files from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { ConsulSettings } from "../config/consul.js";
import type { Sizes } from "../consul/kv/model.js";
import { openStore } from "../consul/kv/open-store.js";
import { SessionKeeper } from "../consul/kv/session-keeper.js";
import type { KvStore } from "../consul/kv/store.js";
import type { ConsulEndpoint } from "../http/consul/endpoint.js";
import { text } from "../http/consul/kv/answers.js";
import { kvEndpoints } from "../http/consul/kv/endpoints.js";
import type { SessionNodes } from "../http/consul/kv/session-request.js";

/** The folder in `stateDir` that has the files of keys. */
const FOLDER = "consul";

export interface ConsulKeysParts {
  /** "" to keep keys in memory alone. */
  readonly stateDir: string;
  readonly settings: () => ConsulSettings;
  readonly nodes: SessionNodes;
  readonly timers: Timers;
  readonly log: Logger;
}

/** Keys and values with their sessions, from when they have been opened. */
export class ConsulKeys {
  readonly #parts: ConsulKeysParts;
  #store: KvStore | undefined;
  #sessions: SessionKeeper | undefined;

  constructor(parts: ConsulKeysParts) {
    this.#parts = parts;
  }

  /** `undefined` before keys have been opened, and if they cannot be. */
  get sizes(): Sizes | undefined {
    return this.#store?.now.sizes;
  }

  /**
   * Opens them: from now on no other process stores anything in the same folder. If that fails, logs why, and what is asked of keys is told
   * the same: nothing else suffers.
   */
  async open(): Promise<readonly ConsulEndpoint[]> {
    const { stateDir, settings, nodes, timers, log } = this.#parts;
    const limits = {
      get maxKeys() {
        return settings().kvMaxKeys;
      },
      get maxBytes() {
        return settings().kvMaxBytes;
      },
    };
    try {
      const folder = stateDir === "" ? "" : join(stateDir, FOLDER);
      const store = await openStore({ folder, limits, files, wallClock: Date.now, log });
      const sessions = new SessionKeeper({ store, timers });
      sessions.start();
      this.#store = store;
      this.#sessions = sessions;
      return kvEndpoints({ store, sessions, nodes, newId: randomUUID });
    } catch (error) {
      log.error({ code: codeOf(error) }, messageOf(error));
      return closedKeys(messageOf(error));
    }
  }

  /** Stores what waits, and lets go of the files. */
  async close(): Promise<void> {
    this.#sessions?.stop();
    await this.#store?.close();
  }
}

/** Says of everything that is asked of keys why that cannot be. Clients try again after a 500. */
export function closedKeys(reason: string): readonly ConsulEndpoint[] {
  const refuse = () => text(500, reason);
  const methods = { GET: refuse, PUT: refuse, DELETE: refuse };
  return ["/v1/kv/", "/v1/session/", "/v1/txn", "/v1/event/"].map((path) => ({ path, ...methods }));
}

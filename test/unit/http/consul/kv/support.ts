import { SessionKeeper } from "../../../../../src/consul/kv/session-keeper.js";
import type { KvStore } from "../../../../../src/consul/kv/store.js";
import type { ConsulAnswer, Reading } from "../../../../../src/http/consul/endpoint.js";
import { kvEndpoints } from "../../../../../src/http/consul/kv/endpoints.js";
import { ManualTimers } from "../../../../support/timers.js";
import { opened } from "../../../consul/kv/support.js";

export const ID = "00000000-0000-0000-0000-00000000000";

export interface Got {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly index: number | undefined;
}

/** Endpoints over a store, asked as the listener asks them. */
export class Asker {
  readonly store: KvStore;
  readonly timers = new ManualTimers();
  ownNode = "ns1";
  readonly #endpoints;

  constructor(store: KvStore) {
    this.store = store;
    let ids = 0;
    this.#endpoints = kvEndpoints({
      store,
      sessions: new SessionKeeper({ store, timers: this.timers }),
      nodes: { own: () => this.ownNode, has: (node) => ["ns1", "agent1"].includes(node) },
      newId: () => `${ID}${++ids}`,
    });
  }

  static async create(options: Parameters<typeof opened>[0] = {}): Promise<Asker> {
    return new Asker((await opened(options)).store);
  }

  /** @param line a method and a path with its query, not encoded but for `%xx` in the query */
  async ask(line: string, body: string | Buffer = ""): Promise<Got> {
    const { endpoint, request } = this.#find(line, body);
    const [method = ""] = line.split(" ");
    const handler = endpoint[method as "GET" | "PUT" | "DELETE"];
    if (!handler) return { status: 405, type: "text", text: "", index: undefined };
    const answer = await handler(request);
    return shown("watch" in answer ? answer.answer() : answer);
  }

  /** What can be read at a path, to be waited for. */
  reading(path: string): Reading {
    const { endpoint, request } = this.#find(`GET ${path}`, "");
    const reading = endpoint.GET?.(request);
    if (!reading || !("watch" in reading)) throw new Error(`${path} cannot be waited for`);
    return reading;
  }

  #find(line: string, body: string | Buffer) {
    const path = line.slice(line.indexOf(" ") + 1);
    const [where = "", query = ""] = path.split("?");
    const endpoint = this.#endpoints.find((each) =>
      each.path.endsWith("/") ? where.startsWith(each.path) : where === each.path,
    );
    if (!endpoint) throw new Error(`nothing is at ${where}`);
    const request = {
      rest: where.slice(endpoint.path.length),
      query: new URLSearchParams(query),
      body: Buffer.from(body),
    };
    return { endpoint, request };
  }
}

function shown({ status, type, body, index }: ConsulAnswer): Got {
  return {
    status,
    type,
    text: Buffer.concat(Array.from(body, (piece) => Buffer.from(piece))).toString("latin1"),
    index,
  };
}

/** The answer's JSON without indexes. */
export function jsonOf({ text }: Got): unknown {
  return JSON.parse(Buffer.from(text, "latin1").toString(), (name, value) =>
    name === "CreateIndex" || name === "ModifyIndex" ? undefined : value,
  );
}

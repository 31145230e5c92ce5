import type { Rendering } from "../waiting/renderings.js";

/** The contract between the listener of Consul's API and what answers there. */

export type ConsulMethod = "GET" | "PUT" | "DELETE";

/**
 * A request for one endpoint. It has been read whole, and is within limits. HEAD, OPTIONS, gzip, `pretty`, `dc` and who may write are the
 * listener's business.
 */
export interface ConsulRequest {
  /** What follows the endpoint's path, decoded: `a/b` of `/v1/kv/a%2Fb` and of `/v1/kv/a/b`. */
  readonly rest: string;
  readonly query: URLSearchParams;
  /** Empty for GET. */
  readonly body: Buffer;
}

export interface ConsulAnswer {
  readonly status: number;
  /** `json`: valid JSON. `text`: one line for people, as all errors are. `raw`: octets, as a client has stored them. */
  readonly type: "json" | "text" | "raw";
  /**
   * Chunks, so that a long list need not be one text. Those of a generator are made one by one, as the client takes them: what they are made of
   * must not change meanwhile.
   */
  readonly body: Iterable<string | Buffer>;
  /** The same body, if several requests share it. */
  readonly rendering?: Rendering | undefined;
  /** `X-Consul-Index`; `undefined` for an endpoint that tells none. Never 0. */
  readonly index?: number | undefined;
}

/** Something that can be read, and waited for. */
export interface Reading {
  /** The index of its last change: a request with this index waits for the next one. Never 0. */
  index(): number;
  answer(): ConsulAnswer;
  /** It is waited for by a hash of what it says, and has no index to tell: that of an agent's own things. */
  readonly isHashed?: true;
  /**
   * Calls the listener when the index may have grown: never for a change that does not concern this reading, and not later than the
   * change can be read. Listeners are many, and are to be found without asking all of them.
   *
   * @returns a function that ends this, also from within the listener
   */
  watch(listener: () => void): () => void;
}

/** Whether who is asked for it answers, and how old it is. */
export interface Contact {
  readonly hasLeader: boolean;
  /** Milliseconds; 0 while they answer. */
  readonly age: number;
}

/** What is at one path, by method. */
export interface ConsulEndpoint {
  /** Begins with `/v1/`. A path with a final slash has a rest; another one has none. */
  readonly path: string;
  readonly GET?: (request: ConsulRequest) => Reading | ConsulAnswer;
  readonly PUT?: (request: ConsulRequest) => Promise<ConsulAnswer> | ConsulAnswer;
  readonly DELETE?: (request: ConsulRequest) => Promise<ConsulAnswer> | ConsulAnswer;
  /** Octets of the largest body; more is 413. */
  readonly maxBody?: number;
  /** Where what is answered comes from. `undefined` for what the masters say. */
  readonly contact?: (() => Contact) | undefined;
}

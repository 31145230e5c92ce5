import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Config } from "../config/config.js";
import type { ForwardReport } from "../forward/report.js";
import type { ServerStatus } from "../status/status.js";
import type { Snapshot } from "../zone/snapshot.js";
import type { CatalogBoard } from "./catalog/board.js";
import type { TrustedProxies } from "./client-address.js";

/** What the API shows, asked for anew with every request. */
export interface ApiContext {
  config(): Config;
  /** Path of the configuration file, or "". */
  readonly configFile: string;
  readonly version: string;
  /** The snapshot as it is now, to be read at once: its memory is used again when a newer one has replaced it. */
  snapshot(): Snapshot;
  /** The same for reading over time; `release` says, once, when that is done. */
  pinSnapshot(): { readonly snapshot: Snapshot; readonly release: () => void };
  status(): ServerStatus;
  forwarding(): ForwardReport;
  /** Forgets answers of resolvers, all or those for one name; resolves to how many. @param name lower-case wire form as latin1 */
  flushCache(name: string | undefined): Promise<number>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The JSON text of `/v1/enumerate` in chunks, made as they are read; left early, it is told so by `return()`. */
  enumerate(): AsyncIterable<string>;
  /** The answer to a DNS message; nothing if it is none. @param address the client's */
  answerOverHttps(message: Uint8Array, address: string): Promise<Uint8Array | undefined>;
  /** Who is believed where it says for whom it asks. */
  proxies(): TrustedProxies;
  metrics(): Promise<{ readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> }>;
  /** The catalogue of services, where one is kept. */
  readonly catalog: CatalogBoard;
  /** Unsigned integers: which row comes first. */
  random(): number;
  /** Measure how long clients take. */
  readonly timers: Timers;
  readonly log: Pick<Logger, "error" | "warn">;
}

import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Config } from "../config/config.js";
import type { AskedWhy, Finding } from "../explain/finding.js";
import type { ForwardReport } from "../forward/report.js";
import type { Override } from "../health/overrides.js";
import type { HealthReport, Overridden } from "../health/report.js";
import type { ServerStatus } from "../status/status.js";
import type { TopReport } from "../top/minute.js";
import type { TransferNumbers } from "../transfer/report.js";
import type { Snapshot } from "../zone/snapshot.js";
import type { CatalogBoard } from "./catalog/board.js";
import type { TrustedProxies } from "./client-address.js";
import type { ConsoleAccess } from "./console/access.js";
import type { VipBoard } from "./vips/board.js";

/** What the API knows of health checks. */
export interface HealthAccess {
  /** `undefined` while nothing is checked. */
  report(): HealthReport | undefined;
  /** Says what an instance is, or takes that back. Rejects if the thread that checks has ended. */
  override(instance: string, override: Override | undefined): Promise<Overridden>;
}

/** What the API reads, anew for every request. */
export interface ApiContext {
  config(): Config;
  /** Path of the configuration file, or "". */
  readonly configFile: string;
  readonly version: string;
  /** The name of this machine. */
  readonly hostname: string;
  /** The current snapshot. Read it synchronously: its memory is reused after a newer one has replaced it. */
  snapshot(): Snapshot;
  /** The current snapshot, for reading over time. Call `release` once, when that is done. */
  pinSnapshot(): { readonly snapshot: Snapshot; readonly release: () => void };
  status(): ServerStatus;
  forwarding(): ForwardReport;
  /**
   * Flushes cached answers of upstreams, all or those for one name. Resolves to their number.
   * @param name lower-case wire form as latin1
   */
  flushCache(name: string | undefined): Promise<number>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The JSON text of `/v1/enumerate` in chunks, each made when it is read. A reader that stops early must call `return()`. */
  enumerate(): AsyncIterable<string>;
  /** The response to a DNS query; `undefined` if the message gets none. @param address the client's */
  answerOverHttps(message: Uint8Array, address: string): Promise<Uint8Array | undefined>;
  /** The proxies whose headers about their clients are trusted. */
  proxies(): TrustedProxies;
  /** What there is to see of zone transfers; `undefined` while zones are not transferred. */
  transfers(): TransferNumbers | undefined;
  /** `undefined` if too many questions wait already. Rejects if the builder's thread ends, or if the asker is gone. */
  explain(asked: AskedWhy): Promise<readonly Finding[] | undefined>;
  /** Who has asked what for the last minute, or since the first call. Rejects if that is not known. @param limit how many of each */
  top(limit: number): Promise<TopReport>;
  readonly health: HealthAccess;
  metrics(): Promise<{ readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> }>;
  readonly vips: VipBoard;
  readonly console: ConsoleAccess;
  /** The catalogue of services; its state is `off` if none is kept. */
  readonly catalog: CatalogBoard;
  /** Unsigned 32-bit integers, which choose the row that comes first. */
  random(): number;
  /** Measures how long clients take. */
  readonly timers: Timers;
  readonly log: Pick<Logger, "error" | "warn">;
}

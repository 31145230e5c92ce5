import type { MessagePort } from "node:worker_threads";
import type { Logger } from "../base/log.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import type { ForwardReport } from "../forward/report.js";
import type { Recording } from "../query-log/recording.js";
import type { QueryStats } from "../serving/query-stats.js";
import type { Certificates } from "../transport/certificate.js";
import { claimTcp, claimUdp } from "../transport/claim.js";
import { type Kind, listenAddressesOf } from "../transport/listen-addresses.js";
import type { TsigKey } from "../wire/tsig.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { ResponderConfig, ResponderStart } from "./messages.js";
import type { RecordingPurpose } from "./recorder-switch.js";
import { ResponderHandle } from "./responder-handle.js";

export interface RespondersOptions {
  readonly start: Omit<ResponderStart, "index" | "stats" | "share">;
  /** The counters of each thread. */
  readonly stats: readonly QueryStats[];
  /** Called if a thread ends by itself. */
  readonly onLost: (error: Error) => void;
  readonly log: Logger;
}

/** The share of the cache of upstreams' answers that DNS over HTTPS gets, which has few clients and its own thread. */
export const HTTPS_CACHE_SHARE = 1 / 8;
/** The share of the rest that the first responder gets, which forwards for all. The others keep copies of popular answers. */
const FIRST_SHARE = 1 / 2;

function cacheShare(index: number, threads: number): number {
  const all = 1 - HTTPS_CACHE_SHARE;
  if (threads === 1) return all;
  return index === 0 ? all * FIRST_SHARE : (all * (1 - FIRST_SHARE)) / (threads - 1);
}

/** All responders. */
export class Responders {
  readonly #options: RespondersOptions;
  readonly #reports = new Map<number, ForwardReport>();
  readonly #handles: readonly ResponderHandle[];

  /** Starts the responders with everything that they need to answer, except open sockets. */
  constructor(options: RespondersOptions) {
    this.#options = options;
    const { start, stats, onLost, log } = options;
    this.#handles = stats.map(({ memory }, index) => {
      const onForwarding = (report: ForwardReport) => this.#reports.set(index, report);
      const share = { cache: cacheShare(index, stats.length) };
      const own = { ...start, share, stats: memory, index };
      return new ResponderHandle({ start: own, onForwarding, onLost, log });
    });
    const [first, ...others] = this.#handles;
    for (const other of others) first.forwardFor(other);
  }

  /** Passes on the zone that was saved last. Call it before `listen`. */
  restore(update: SnapshotUpdate): void {
    for (const handle of this.#handles) handle.restore(update);
  }

  /**
   * Rejects if another process has the addresses. Sockets that share their port would not notice that. Sockets of node:dgram share
   * no port, so nothing is checked for them.
   *
   * @throws {MesosDnsError} LISTEN_…
   */
  async claim(): Promise<void> {
    const { config, sockets, certificates, plan } = this.#options.start;
    if (plan.engine !== "batch") return;
    const where = { config, sockets, secure: certificates.certificate !== undefined };
    const own = (kind: Kind) => listenAddressesOf(kind, where).filter(({ inherited }) => inherited === undefined);
    for (const { address } of own("udp")) await claimUdp(address);
    for (const { address } of [...own("tcp"), ...own("tls")]) await claimTcp(address);
  }

  /**
   * Opens the listeners as soon as each responder has this generation or a later one. Rejects with a `MesosDnsError` if they cannot
   * be opened.
   */
  async listen(generation: number): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.listen(generation)));
  }

  /** The last report of each thread on forwarding. */
  get forwarding(): Iterable<ForwardReport> {
    return this.#reports.values();
  }

  /** Ports through which a builder sends snapshots directly to the responders. */
  connect(): MessagePort[] {
    return this.#handles.map((handle) => handle.connect());
  }

  configure(config: ResponderConfig, certificates: Certificates, tsigKeys: readonly TsigKey[]): void {
    for (const handle of this.#handles) handle.configure(config, certificates, tsigKeys);
  }

  /**
   * Flushes cached answers of upstreams, all or those for one name. Resolves to their number.
   * @param name lower-case wire form as latin1
   */
  async flush(name: string | undefined): Promise<number> {
    const counts = await Promise.all(this.#handles.map((handle) => handle.flush(name)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The answers of upstreams to this name in the cache of the thread that forwards. @param name lower-case wire form as latin1 */
  async lookUp(name: string): Promise<readonly CachedAnswer[]> {
    return (await this.#handles[0]?.lookUp(name)) ?? [];
  }

  /** Gives each responder a port to the thread that transfers zones; `undefined` if there is none. */
  connectTransfers(connect: (() => MessagePort) | undefined): void {
    for (const handle of this.#handles) handle.connectTransfers(connect?.());
  }

  get count(): number {
    return this.#handles.length;
  }

  /** Has one of them record queries, or no more. */
  record(index: number, recording: Recording | undefined, purpose: RecordingPurpose): void {
    this.#handles[index]?.record(recording, purpose);
  }

  setStale(stale: boolean): void {
    for (const handle of this.#handles) handle.setStale(stale);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.stop()));
  }
}

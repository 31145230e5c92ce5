import type { MessagePort } from "node:worker_threads";
import type { Logger } from "../base/log.js";
import type { ForwardReport } from "../forward/report.js";
import type { QueryStats } from "../serving/query-stats.js";
import type { Certificates } from "../transport/certificate.js";
import { claimTcp, claimUdp } from "../transport/claim.js";
import { type Kind, listenAddressesOf } from "../transport/listen-addresses.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { ResponderConfig, ResponderStart } from "./messages.js";
import { ResponderHandle } from "./responder-handle.js";

export interface RespondersOptions {
  readonly start: Omit<ResponderStart, "index" | "stats" | "restored" | "share">;
  /** Counters, one for each thread. */
  readonly stats: readonly QueryStats[];
  /** A thread ended by itself. */
  readonly onLost: (error: Error) => void;
  readonly log: Logger;
}

/** Of the cache for answers of resolvers, what DNS over HTTPS gets, as it has few clients and a thread of its own. */
export const HTTPS_CACHE_SHARE = 1 / 8;
/** Of the rest, what the thread that forwards for all gets, where there are others: they keep copies of what is popular. */
const FIRST_SHARE = 1 / 2;

function cacheShare(index: number, threads: number): number {
  const all = 1 - HTTPS_CACHE_SHARE;
  if (threads === 1) return all;
  return index === 0 ? all * FIRST_SHARE : (all * (1 - FIRST_SHARE)) / (threads - 1);
}

/** The answering threads, as one. */
export class Responders {
  readonly #options: RespondersOptions;
  readonly #reports = new Map<number, ForwardReport>();
  readonly #handles: readonly ResponderHandle[];

  /**
   * Starts the threads, which have everything to answer with but sockets.
   *
   * @param restored a zone from before the start. It is not kept here: it is large, and soon replaced.
   */
  constructor(options: RespondersOptions, restored: SnapshotUpdate | undefined) {
    this.#options = options;
    const { start, stats, onLost, log } = options;
    this.#handles = stats.map(({ memory }, index) => {
      const onForwarding = (report: ForwardReport) => this.#reports.set(index, report);
      const share = { cache: cacheShare(index, stats.length) };
      const own = { ...start, restored, share, stats: memory, index };
      return new ResponderHandle({ start: own, onForwarding, onLost, log });
    });
    const [first, ...others] = this.#handles;
    for (const other of others) first.forwardFor(other);
  }

  /**
   * Finds out whether somebody else has the addresses, which sockets that share their port would not notice. Those of node:dgram
   * share none.
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

  /** Opens the listeners; rejects with a `MesosDnsError` if they cannot be. @param generation to be answered from, or a later one */
  async listen(generation: number): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.listen(generation)));
  }

  /** What the threads have told of forwarding last. */
  get forwarding(): Iterable<ForwardReport> {
    return this.#reports.values();
  }

  /** Ports for a builder to send snapshots through, straight to the threads. */
  connect(): MessagePort[] {
    return this.#handles.map((handle) => handle.connect());
  }

  configure(config: ResponderConfig, certificates: Certificates): void {
    for (const handle of this.#handles) handle.configure(config, certificates);
  }

  /** Forgets answers of resolvers; resolves to how many there were. @param name lower-case wire form as latin1 */
  async flush(name: string | undefined): Promise<number> {
    const counts = await Promise.all(this.#handles.map((handle) => handle.flush(name)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  setStale(stale: boolean): void {
    for (const handle of this.#handles) handle.setStale(stale);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.stop()));
  }
}

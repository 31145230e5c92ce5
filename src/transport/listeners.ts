import { networkInterfaces } from "node:os";
import type { Config, HostPort } from "../config/config.js";
import type { Logger } from "../log.js";
import type { QueryStats } from "../metrics/query-stats.js";
import { BatchEngine } from "./batch/engine.js";
import { loadSystem } from "./batch/system.js";
import type { Engine } from "./engine.js";
import { type Certificate, limitsOf, TcpTransport } from "./tcp.js";
import type { UdpEngine, UdpPlan } from "./udp.js";
import { claim, DgramEngine } from "./udp-dgram.js";

/** How long answers in flight are waited for when stopping. */
const DRAIN_MS = 3_000;
const DRAIN_STEP_MS = 20;

export interface ListenersOptions {
  readonly config: Config;
  readonly engine: Engine;
  readonly stats: QueryStats;
  readonly certificate: Certificate | undefined;
  readonly plan: UdpPlan;
  /** Whether this thread has the TCP and TLS listeners; those for UDP all threads have. */
  readonly streams: boolean;
  readonly log: Pick<Logger, "error">;
}

/** The DNS sockets of a thread: UDP and TCP on every listener, and TLS where there is a certificate. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #udp: UdpEngine[] = [];
  readonly #wildcards: HostPort[] = [];
  readonly #tcp: TcpTransport[] = [];
  readonly #tls: TcpTransport[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
    const { config, plan, streams } = options;
    for (const host of config.listener) {
      if (plan.engine === "batch") this.#addBatch(host);
      else this.#addDgrams(host);
      if (streams) this.#addStreams(host);
    }
  }

  /** Opens all sockets; rejects with a `MesosDnsError` for the first that cannot be. */
  async listen(): Promise<void> {
    for (const address of this.#wildcards) await claim(address);
    for (const listener of [...this.#udp, ...this.#streams]) await listener.listen();
  }

  configure(config: Config, certificate: Certificate | undefined): void {
    for (const transport of this.#streams) transport.limits = limitsOf(config.tcp);
    if (certificate) for (const transport of this.#tls) transport.renew(certificate);
  }

  /** Notes what only the kernel knows. */
  count(): void {
    const drops = this.#udp.map((engine) => engine.drops).filter((count) => count !== undefined);
    if (drops.length > 0) this.#options.stats.receiveDrops = drops.reduce((sum, count) => sum + count, 0);
  }

  /** Takes nothing new, gives answers in flight their time, and closes. */
  async stop(): Promise<void> {
    for (const listener of [...this.#udp, ...this.#streams]) listener.stop();
    const deadline = performance.now() + DRAIN_MS;
    while (this.#isBusy() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
    for (const transport of this.#streams) transport.close();
    await Promise.all(this.#udp.map((engine) => engine.close()));
  }

  #addBatch(host: string): void {
    const { config, engine, log } = this.#options;
    const { service, clients } = engine;
    const address = { host, port: config.port };
    const onlyIPv6 = config.listener.includes("0.0.0.0");
    const onTrouble = (message: string) => log.error({ listener: host }, message);
    this.#udp.push(new BatchEngine({ address, service, clients, system: loadSystem(), onlyIPv6, onTrouble }));
  }

  #addDgrams(host: string): void {
    const { config, engine } = this.#options;
    const { service, clients } = engine;
    const addresses = udpAddresses(host);
    const shared = addresses.length > 1;
    if (shared) this.#wildcards.push({ host, port: config.port });
    for (const own of addresses) {
      this.#udp.push(new DgramEngine({ address: { host: own, port: config.port }, service, clients, shared }));
    }
  }

  #addStreams(host: string): void {
    const { config, engine, stats, certificate } = this.#options;
    const { service, clients } = engine;
    const limits = limitsOf(config.tcp);
    this.#tcp.push(new TcpTransport({ address: { host, port: config.port }, service, clients, stats, limits }));
    if (!certificate || config.tlsPort === 0) return;
    const address = { host, port: config.tlsPort };
    this.#tls.push(new TcpTransport({ address, service, clients, stats, limits, certificate }));
  }

  get #streams(): readonly TcpTransport[] {
    return [...this.#tcp, ...this.#tls];
  }

  #isBusy(): boolean {
    const { pending } = this.#options.engine.service;
    return pending > 0 || this.#streams.some((transport) => transport.openConnections > 0);
  }
}

/**
 * The addresses to open sockets of node:dgram at for a listener. An answer has to leave from the address that was asked, which a
 * socket for all addresses leaves to the routing table; so each address of the machine gets a socket of its own, and the
 * one for all is there for addresses that come later.
 */
function udpAddresses(listener: string): string[] {
  if (listener !== "0.0.0.0" && listener !== "::") return [listener];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const reached = all.filter(({ family, scopeid }) => !scopeid && (family === "IPv4" || listener === "::"));
  return [listener, ...new Set(reached.map(({ address }) => address))];
}

import { networkInterfaces } from "node:os";
import type { Config, HostPort } from "../config/config.js";
import type { Logger } from "../log.js";
import type { QueryStats } from "../metrics/query-stats.js";
import { BatchEngine } from "./batch/engine.js";
import { loadSystem } from "./batch/system.js";
import type { Engine } from "./engine.js";
import type { InheritedSocket } from "./inherited.js";
import { type Certificate, limitsOf, TcpTransport } from "./tcp.js";
import type { UdpEngine, UdpPlan } from "./udp.js";
import { claim, DgramEngine } from "./udp-dgram.js";

/** How long answers in flight are waited for when stopping. */
const DRAIN_MS = 3_000;
const DRAIN_STEP_MS = 20;

/** Where to listen. */
interface Place {
  readonly address: HostPort;
  readonly inherited: number | undefined;
}

export interface ListenersOptions {
  readonly config: Config;
  readonly engine: Engine;
  readonly stats: QueryStats;
  readonly certificate: Certificate | undefined;
  readonly plan: UdpPlan;
  /** Whether this thread has the TCP and TLS listeners; those for UDP all threads have. */
  readonly streams: boolean;
  /** Sockets that are open already, and stand for those that the configuration names for the same protocol. */
  readonly sockets: readonly InheritedSocket[];
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
    const { plan, streams } = options;
    for (const at of this.#places("udp")) {
      if (plan.engine === "batch") this.#addBatch(at);
      else this.#addDgrams(at);
    }
    if (streams) for (const at of this.#places("tcp")) this.#addStreams(at);
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

  #places(protocol: InheritedSocket["protocol"]): readonly Place[] {
    const { config, sockets } = this.#options;
    const inherited = sockets.filter((socket) => socket.protocol === protocol);
    if (inherited.length > 0)
      return inherited.map(({ fd, host, port }) => ({ address: { host, port }, inherited: fd }));
    return config.listener.map((host) => ({ address: { host, port: config.port }, inherited: undefined }));
  }

  #addBatch(at: Place): void {
    const { config, engine, log } = this.#options;
    const { service, clients } = engine;
    const onlyIPv6 = config.listener.includes("0.0.0.0");
    const onTrouble = (message: string) => log.error({ listener: at.address.host }, message);
    this.#udp.push(new BatchEngine({ ...at, service, clients, system: loadSystem(), onlyIPv6, onTrouble }));
  }

  #addDgrams({ address, inherited }: Place): void {
    const { service, clients } = this.#options.engine;
    const hosts = inherited === undefined ? udpAddresses(address.host) : [address.host];
    const shared = hosts.length > 1;
    if (shared) this.#wildcards.push(address);
    for (const host of hosts) {
      this.#udp.push(new DgramEngine({ address: { ...address, host }, inherited, service, clients, shared }));
    }
  }

  /** TCP; TLS where there is a certificate, on a port of its own or on a socket that has that port. */
  #addStreams({ address, inherited }: Place): void {
    const { config, engine, stats, certificate } = this.#options;
    const { service, clients } = engine;
    const limits = limitsOf(config.tcp);
    const parts = { service, clients, stats, limits };
    const isTls = inherited !== undefined && certificate !== undefined && address.port === config.tlsPort;
    if (!isTls) this.#tcp.push(new TcpTransport({ ...parts, address, inherited }));
    if (!certificate || config.tlsPort === 0 || (inherited !== undefined && !isTls)) return;
    this.#tls.push(
      new TcpTransport({ ...parts, address: { ...address, port: config.tlsPort }, inherited, certificate }),
    );
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

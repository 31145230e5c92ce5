import { networkInterfaces } from "node:os";
import type { Config, HostPort } from "../config/config.js";
import type { QueryStats } from "../metrics/query-stats.js";
import type { Engine } from "./engine.js";
import { type Certificate, limitsOf, TcpTransport } from "./tcp.js";
import type { UdpEngine } from "./udp.js";
import { claim, DgramEngine } from "./udp-dgram.js";

/** How long answers in flight are waited for when stopping. */
const DRAIN_MS = 3_000;
const DRAIN_STEP_MS = 20;

/** The DNS sockets of a thread: UDP and TCP on every listener, and TLS where there is a certificate. */
export class Listeners {
  readonly #engine: Engine;
  readonly #udp: UdpEngine[] = [];
  readonly #wildcards: HostPort[] = [];
  readonly #tcp: TcpTransport[] = [];
  readonly #tls: TcpTransport[] = [];

  constructor(config: Config, engine: Engine, stats: QueryStats, certificate: Certificate | undefined) {
    this.#engine = engine;
    const { service, clients } = engine;
    const limits = limitsOf(config.tcp);
    for (const host of config.listener) {
      const address = { host, port: config.port };
      const addresses = udpAddresses(host);
      const shared = addresses.length > 1;
      if (shared) this.#wildcards.push(address);
      for (const own of addresses) {
        this.#udp.push(new DgramEngine({ address: { host: own, port: config.port }, service, clients, shared }));
      }
      this.#tcp.push(new TcpTransport({ address, service, clients, stats, limits }));
      if (certificate && config.tlsPort > 0) {
        const tlsAddress = { host, port: config.tlsPort };
        this.#tls.push(new TcpTransport({ address: tlsAddress, service, clients, stats, limits, certificate }));
      }
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

  get #streams(): readonly TcpTransport[] {
    return [...this.#tcp, ...this.#tls];
  }

  #isBusy(): boolean {
    return this.#engine.service.pending > 0 || this.#streams.some((transport) => transport.openConnections > 0);
  }
}

/**
 * The addresses to open UDP sockets at for a listener. An answer has to leave from the address that was asked, which a
 * socket for all addresses leaves to the routing table; so each address of the machine gets a socket of its own, and the
 * one for all is there for addresses that come later.
 */
function udpAddresses(listener: string): string[] {
  if (listener !== "0.0.0.0" && listener !== "::") return [listener];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const reached = all.filter(({ family, scopeid }) => !scopeid && (family === "IPv4" || listener === "::"));
  return [listener, ...new Set(reached.map(({ address }) => address))];
}

import { networkInterfaces } from "node:os";
import type { HostPort } from "../base/host-port.js";
import type { Logger } from "../base/log.js";
import { addressesBehind, isWildcard } from "../base/wildcards.js";
import type { SocketConfig } from "../config/config.js";
import type { QueryStats } from "../serving/query-stats.js";
import type { DnsStack } from "../serving/stack.js";
import { bindStream } from "./batch/descriptor.js";
import { BatchEngine } from "./batch/engine.js";
import { loadSystem } from "./batch/system.js";
import type { ListenerCertificates } from "./certificate.js";
import { claimTcp, claimUdp } from "./claim.js";
import type { InheritedSocket } from "./inherited.js";
import { type ListenAddress, listenAddressesOf } from "./listen-addresses.js";
import { TcpTransport } from "./tcp.js";
import { limitsOf } from "./tcp-limits.js";
import type { UdpEngine, UdpPlan } from "./udp.js";
import { DgramEngine } from "./udp-dgram.js";

/** How long to wait for outstanding answers when stopping. */
const DRAIN_MS = 3_000;
const DRAIN_STEP_MS = 20;

export interface ListenersOptions {
  readonly config: SocketConfig;
  readonly stack: DnsStack;
  readonly stats: QueryStats;
  readonly certificates: ListenerCertificates;
  readonly plan: UdpPlan;
  /**
   * Number of this thread. Thread 0 has the TCP and TLS listeners. All threads have UDP sockets; inherited ones are divided among
   * them.
   */
  readonly thread: number;
  /** Inherited sockets. They replace the configured listeners of the same kind. */
  readonly sockets: readonly InheritedSocket[];
  readonly log: Pick<Logger, "error">;
}

/** The DNS sockets of a thread: UDP and TCP on every listener, and TLS where there is a certificate. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #udp: UdpEngine[] = [];
  readonly #wildcards: HostPort[] = [];
  readonly #tcp: readonly TcpTransport[] = [];
  #tls: readonly TcpTransport[] = [];
  #isListening = false;
  #opening: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
    const { config, sockets, certificates, plan, thread } = options;
    const where = { config, sockets, secure: certificates.certificate !== undefined };
    const isMine = ({ inherited }: ListenAddress, index: number) =>
      inherited === undefined || index % plan.threads === thread;
    for (const at of listenAddressesOf("udp", where).filter(isMine)) {
      if (plan.engine === "batch") this.#addBatch(at);
      else this.#addDgrams(at);
    }
    if (thread > 0) return;
    this.#tcp = listenAddressesOf("tcp", where).map((at) => this.#makeStream(at));
    this.#tls = this.#makeTls(config, certificates);
  }

  /** Opens all sockets. Rejects with a `MesosDnsError` for the first that cannot be opened. */
  listen(): Promise<void> {
    this.#opening = this.#open();
    return this.#opening;
  }

  async #open(): Promise<void> {
    for (const address of this.#wildcards) await claimUdp(address);
    for (const listener of [...this.#udp, ...this.#streams]) {
      if (this.#stopped) return;
      await listener.listen();
    }
    this.#isListening = true;
  }

  /** Applies new limits, and opens, renews or closes DNS over TLS. Rejects with a `MesosDnsError` if it cannot be opened. */
  async configure(config: SocketConfig, certificates: ListenerCertificates): Promise<void> {
    for (const transport of this.#streams) transport.limits = limitsOf(config.tcp);
    if (certificates.certificate === undefined) {
      for (const transport of this.#tls) transport.stop();
      this.#tls = [];
    } else if (this.#tls.length > 0) {
      for (const transport of this.#tls) transport.renew(certificates);
    } else if (this.#options.thread === 0) {
      await this.#addTls(config, certificates);
    }
  }

  async #addTls(config: SocketConfig, certificates: ListenerCertificates): Promise<void> {
    const added = this.#makeTls(config, certificates);
    this.#tls = added;
    if (!this.#isListening) return;
    const { sockets, plan } = this.#options;
    const own = listenAddressesOf("tls", { config, sockets, secure: true }).filter(
      ({ inherited }) => inherited === undefined,
    );
    try {
      if (plan.engine === "batch") for (const { address } of own) await claimTcp(address);
      for (const transport of added) await transport.listen();
    } catch (error) {
      for (const transport of added) transport.stop();
      this.#tls = [];
      throw error;
    }
  }

  #makeTls(config: SocketConfig, certificates: ListenerCertificates): readonly TcpTransport[] {
    const where = { config, sockets: this.#options.sockets, secure: certificates.certificate !== undefined };
    return listenAddressesOf("tls", where).map((at) => this.#makeStream(at, certificates));
  }

  /** Copies the kernel's count of dropped datagrams to the statistics. */
  updateReceiveDrops(): void {
    const drops = this.#udp.map((engine) => engine.drops).filter((count) => count !== undefined);
    if (drops.length > 0) this.#options.stats.receiveDrops = drops.reduce((sum, count) => sum + count, 0);
  }

  /** Stops accepting, waits for outstanding answers up to `DRAIN_MS`, and closes all sockets. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // Sockets have to be open before they can be closed. If opening fails, listen() rejects with the reason.
    await this.#opening.catch(() => undefined);
    for (const listener of [...this.#udp, ...this.#streams]) listener.stop();
    const deadline = performance.now() + DRAIN_MS;
    do {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    } while (this.#isBusy() && performance.now() < deadline);
    for (const transport of this.#streams) transport.close();
    await Promise.all(this.#udp.map((engine) => engine.close()));
  }

  #addBatch(at: ListenAddress): void {
    const { stack, log } = this.#options;
    const { service, clients } = stack;
    const onlyIPv6 = this.#onlyIPv6;
    const onTrouble = (message: string) => log.error({ listener: at.address.host }, message);
    this.#udp.push(new BatchEngine({ ...at, service, clients, system: loadSystem(), onlyIPv6, onTrouble }));
  }

  #addDgrams({ address, inherited }: ListenAddress): void {
    const { service, clients } = this.#options.stack;
    const onlyIPv6 = this.#onlyIPv6;
    const hosts = inherited === undefined ? udpAddresses(address.host, this.#onlyIPv6) : [address.host];
    const shared = hosts.length > 1;
    if (shared) this.#wildcards.push(address);
    for (const host of hosts) {
      this.#udp.push(new DgramEngine({ address: { ...address, host }, inherited, service, clients, shared, onlyIPv6 }));
    }
  }

  /** A listener for TCP, or for TLS if there are certificates. */
  #makeStream({ address, inherited }: ListenAddress, certificates?: ListenerCertificates): TcpTransport {
    const { config, stack, stats, plan } = this.#options;
    const { service, clients } = stack;
    const bind = () => bindStream(loadSystem(), address, this.#onlyIPv6);
    const own = plan.engine === "batch" ? bind : undefined;
    const descriptor = inherited === undefined ? own : () => inherited;
    const parts = {
      address,
      descriptor,
      service,
      clients,
      stats,
      limits: limitsOf(config.tcp),
      onlyIPv6: this.#onlyIPv6,
    };
    return new TcpTransport({ ...parts, ...(certificates && { certificates }) });
  }

  /** Whether a socket at "::" is for IPv6 only, as another listener has all IPv4 addresses. */
  get #onlyIPv6(): boolean {
    return this.#options.config.listener.includes("0.0.0.0");
  }

  get #streams(): readonly TcpTransport[] {
    return [...this.#tcp, ...this.#tls];
  }

  #isBusy(): boolean {
    return this.#options.stack.pending > 0 || this.#streams.some((transport) => transport.openConnections > 0);
  }
}

/**
 * The addresses for the node:dgram sockets of a listener. An answer has to leave from the address that was asked. A wildcard
 * socket leaves that choice to the routing table, so each address of the machine gets a socket of its own. The wildcard socket
 * serves addresses that are added later.
 */
function udpAddresses(listener: string, onlyIPv6: boolean): string[] {
  if (!isWildcard(listener)) return [listener];
  const reached = addressesBehind(listener, networkInterfaces(), onlyIPv6).map(({ address }) => address);
  return [listener, ...new Set(reached)];
}

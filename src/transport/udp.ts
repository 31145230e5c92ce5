import { availableParallelism } from "node:os";
import { messageOf } from "../base/errors.js";
import type { HostPort } from "../base/host-port.js";
import type { SocketConfig } from "../config/config.js";
import type { ClientTable } from "../serving/clients.js";
import type { DnsService } from "../serving/service.js";
import { loadSystem, type System } from "./batch/system.js";
import { tryOut } from "./batch/trial.js";

/** The seam for engines that move datagrams: node:dgram everywhere, batches of system calls where they can be had. */
export interface UdpEngine {
  /** Starts to receive; rejects with a `MesosDnsError` that says what to do. */
  listen(): Promise<void>;
  /** Stops receiving; what `pending` forwards reply later is still sent until `close`. */
  stop(): void;
  close(): Promise<void>;
  /** Datagrams so far for which the kernel had no room; nothing where it cannot be known. */
  readonly drops: number | undefined;
}

export interface UdpEngineOptions {
  readonly address: HostPort;
  /** Descriptor of a socket that is open already. */
  readonly inherited: number | undefined;
  readonly service: DnsService;
  readonly clients: ClientTable;
}

/** Which engine moves datagrams, and in how many threads. */
export interface UdpPlan {
  readonly engine: "batch" | "dgram";
  readonly threads: number;
}

/** Where `dnsThreads` leaves the number to the machine. */
export const MOST_THREADS = 4;

/**
 * Finds out what this machine can do.
 *
 * @param load gets at the system calls
 * @throws {MesosDnsError} ENGINE_UNAVAILABLE where `udpEngine` asks for what it cannot
 */
export function planUdp(
  { udpEngine, dnsThreads }: Pick<SocketConfig, "udpEngine" | "dnsThreads">,
  log: { warn(message: string): void },
  load: () => System = loadSystem,
): UdpPlan {
  // Several sockets with one port, all of them in use, are more than node:dgram can do with every Node.js there is.
  const alone: UdpPlan = { engine: "dgram", threads: 1 };
  if (udpEngine === "dgram") return alone;
  try {
    tryOut(load());
  } catch (error) {
    if (udpEngine === "batch") throw error;
    log.warn(`${messageOf(error)}; datagrams are moved one by one, by one thread`);
    return alone;
  }
  return { engine: "batch", threads: dnsThreads > 0 ? dnsThreads : Math.min(availableParallelism(), MOST_THREADS) };
}

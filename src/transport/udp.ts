import { availableParallelism } from "node:os";
import { messageOf } from "../base/errors.js";
import type { HostPort } from "../base/host-port.js";
import type { SocketConfig } from "../config/config.js";
import type { ClientTable } from "../serving/clients.js";
import type { DnsService } from "../serving/service.js";
import { loadSystem, type System } from "./batch/system.js";
import { tryOut } from "./batch/trial.js";

/**
 * The seam for UDP engines: `DgramEngine` (node:dgram) runs everywhere, `BatchEngine` (system calls for many datagrams) on Linux.
 */
export interface UdpEngine {
  /** Starts to receive. Rejects with a `MesosDnsError` if the address cannot be used. */
  listen(): Promise<void>;
  /** Stops receiving. Pending answers are still sent until `close`. */
  stop(): void;
  close(): Promise<void>;
  /** Datagrams that the kernel has dropped for lack of buffer space; undefined if that is not known. */
  readonly drops: number | undefined;
}

export interface UdpEngineOptions {
  readonly address: HostPort;
  /** Descriptor of an inherited socket; undefined if the socket is still to be opened. */
  readonly inherited: number | undefined;
  readonly service: DnsService;
  readonly clients: ClientTable;
}

/** The UDP engine to use, and the number of threads that answer. */
export interface UdpPlan {
  readonly engine: "batch" | "dgram";
  readonly threads: number;
}

/** Most threads if `dnsThreads` is 0, so that the machine decides. */
export const MAX_THREADS = 4;

/**
 * Chooses the UDP engine: the batch engine if it works here and the configuration allows it.
 *
 * @param load returns the system calls of the batch engine
 * @throws {MesosDnsError} ENGINE_UNAVAILABLE if `udpEngine` is "batch" and the batch engine does not work here
 */
export function planUdp(
  { udpEngine, dnsThreads }: Pick<SocketConfig, "udpEngine" | "dnsThreads">,
  log: { warn(message: string): void },
  load: () => System = loadSystem,
): UdpPlan {
  // One thread: not every supported Node.js can share a port between several node:dgram sockets.
  const alone: UdpPlan = { engine: "dgram", threads: 1 };
  if (udpEngine === "dgram") return alone;
  try {
    tryOut(load());
  } catch (error) {
    if (udpEngine === "batch") throw error;
    log.warn(`${messageOf(error)}; datagrams are moved one by one, by one thread`);
    return alone;
  }
  return { engine: "batch", threads: dnsThreads > 0 ? dnsThreads : Math.min(availableParallelism(), MAX_THREADS) };
}

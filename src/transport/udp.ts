import type { HostPort } from "../config/config.js";
import type { ClientTable } from "./clients.js";
import type { DnsService } from "./service.js";

/** The seam for engines that move datagrams: node:dgram everywhere, batches of system calls where they can be had. */
export interface UdpEngine {
  /** Starts to receive; rejects with a `MesosDnsError` that says what to do. */
  listen(): Promise<void>;
  /** Stops receiving; what `pending` forwards reply later is still sent until `close`. */
  stop(): void;
  close(): Promise<void>;
}

export interface UdpEngineOptions {
  readonly address: HostPort;
  readonly service: DnsService;
  readonly clients: ClientTable;
}

import { type Channel, DATAGRAM } from "../answer/client.js";
import { TRANSPORTS, type Transport } from "./query-stats.js";

/** A channel, and where in the statistics it counts. */
export interface ServedChannel extends Channel {
  /** Index in `TRANSPORTS`. */
  readonly transport: number;
}

export const UDP: ServedChannel = { ...DATAGRAM, transport: indexOf("udp") };
export const HTTPS: ServedChannel = { stream: true, encrypted: true, keepalive: -1, transport: indexOf("https") };

/** TCP, or TLS over it. @param idleSeconds how long a connection may have nothing to do */
export function streamChannel(encrypted: boolean, idleSeconds: number): ServedChannel {
  const keepalive = Math.min(0xffff, idleSeconds * 10);
  return { stream: true, encrypted, keepalive, transport: indexOf(encrypted ? "tls" : "tcp") };
}

function indexOf(transport: Transport): number {
  return TRANSPORTS.indexOf(transport);
}

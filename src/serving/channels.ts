import type { Channel } from "../answer/request.js";
import { TRANSPORTS, type Transport } from "./query-stats.js";

const NEVER = -1;

export const UDP: Channel = {
  stream: false,
  encrypted: false,
  keepalive: NEVER,
  transport: indexOf("udp"),
  transfers: true,
};
export const HTTPS: Channel = {
  stream: true,
  encrypted: true,
  keepalive: NEVER,
  transport: indexOf("https"),
  transfers: false,
};

/**
 * The channel of TCP or TLS connections.
 *
 * @param idleSeconds after which an idle connection is closed
 * @param transfers whether zones may be transferred through it
 */
export function streamChannel(encrypted: boolean, idleSeconds: number, transfers = !encrypted): Channel {
  const keepalive = Math.min(0xffff, idleSeconds * 10);
  return { stream: true, encrypted, keepalive, transport: indexOf(encrypted ? "tls" : "tcp"), transfers };
}

function indexOf(transport: Transport): number {
  return TRANSPORTS.indexOf(transport);
}

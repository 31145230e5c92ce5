import type { Channel } from "../answer/request.js";
import { TRANSPORTS, type Transport } from "./query-stats.js";

export const UDP: Channel = { stream: false, encrypted: false, keepalive: -1, transport: indexOf("udp") };
export const HTTPS: Channel = { stream: true, encrypted: true, keepalive: -1, transport: indexOf("https") };

/** The channel of TCP or TLS connections. @param idleSeconds after which an idle connection is closed */
export function streamChannel(encrypted: boolean, idleSeconds: number): Channel {
  const keepalive = Math.min(0xffff, idleSeconds * 10);
  return { stream: true, encrypted, keepalive, transport: indexOf(encrypted ? "tls" : "tcp") };
}

function indexOf(transport: Transport): number {
  return TRANSPORTS.indexOf(transport);
}

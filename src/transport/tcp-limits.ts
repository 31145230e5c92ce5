import type { TcpSettings } from "../config/config.js";

/** Limits for clients over TCP and TLS (RFC 7766 §6.2). */
export interface TcpLimits {
  /** Connections in all. Above this, new ones are closed at once. */
  readonly connections: number;
  readonly connectionsPerClient: number;
  /** Milliseconds that a client may take for the TLS handshake. */
  readonly handshakeMs: number;
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs: number;
  /** Milliseconds to wait for the rest of a message, or for a client that does not read its answers. */
  readonly stalledMs: number;
  /** The same for a client that reads a response of several messages, from the last octets that it has taken. */
  readonly transferStalledMs: number;
  /** Bytes of answers that the client has not read, above which its queries are no longer read. */
  readonly unsentBytes: number;
  /** The same for a response of several messages, above which no more of them are written: so it is seen that a slow client reads. */
  readonly unsentTransferBytes: number;
  /** Queries of one connection that wait for upstreams, from which on no more are read. */
  readonly forwards: number;
}

const UNSENT_BYTES = 1024 * 1024;
const UNSENT_TRANSFER_BYTES = 128 * 1024;
const TRANSFER_STALLED_MS = 30_000;
const FORWARDS = 1000;
/** For HTTPS too. No setting, as node:tls takes it only when a server is made. */
export const HANDSHAKE_MS = 10_000;

export function limitsOf(settings: TcpSettings): TcpLimits {
  return {
    connections: settings.maxConnections,
    connectionsPerClient: settings.maxConnectionsPerClient,
    handshakeMs: HANDSHAKE_MS,
    idleMs: settings.idleSeconds * 1000,
    stalledMs: settings.stalledSeconds * 1000,
    transferStalledMs: TRANSFER_STALLED_MS,
    unsentBytes: UNSENT_BYTES,
    unsentTransferBytes: UNSENT_TRANSFER_BYTES,
    forwards: FORWARDS,
  };
}

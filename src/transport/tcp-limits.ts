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
  /** Bytes of answers that the client has not read, above which its queries are no longer read. */
  readonly unsentBytes: number;
  /** Queries of one connection that wait for upstreams, from which on no more are read. */
  readonly forwards: number;
}

const UNSENT_BYTES = 1024 * 1024;
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
    unsentBytes: UNSENT_BYTES,
    forwards: FORWARDS,
  };
}

import type { TcpSettings } from "../config/config.js";

/** What clients may take of this server (RFC 7766 §6.2). */
export interface TcpLimits {
  /** Connections in all; above, new ones are closed at once. */
  readonly connections: number;
  readonly connectionsPerClient: number;
  /** Milliseconds that a client may take until its connection is secured. */
  readonly handshakeMs: number;
  /** Milliseconds without anything to do after which a connection is closed. */
  readonly idleMs: number;
  /** Milliseconds an unfinished message, or a client that does not read, is waited for. */
  readonly stalledMs: number;
  /** Octets of answers not yet taken by the client, above which its queries are no longer read. */
  readonly unsentOctets: number;
  /** Queries of one connection on their way to upstream resolvers, above which no more are read. */
  readonly forwards: number;
}

const UNSENT_OCTETS = 1024 * 1024;
const FORWARDS = 1000;
/** For HTTPS too. node:tls is told once, so no setting can change it. */
export const HANDSHAKE_MS = 10_000;

export function limitsOf(settings: TcpSettings): TcpLimits {
  return {
    connections: settings.maxConnections,
    connectionsPerClient: settings.maxConnectionsPerClient,
    handshakeMs: HANDSHAKE_MS,
    idleMs: settings.idleSeconds * 1000,
    stalledMs: settings.stalledSeconds * 1000,
    unsentOctets: UNSENT_OCTETS,
    forwards: FORWARDS,
  };
}

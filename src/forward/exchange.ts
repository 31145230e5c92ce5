import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { HostPort } from "../config/config.js";
import { MAX_MESSAGE } from "../dns/protocol.js";
import { MesosDnsError } from "../errors.js";
import { formatHostPort } from "../host-port.js";
import { answers } from "./reply.js";

/** One query to one resolver. */
export interface ExchangeRequest {
  /** With an id of our own. */
  readonly query: Uint8Array;
  /** Octet behind the query's question. */
  readonly questionEnd: number;
  readonly server: HostPort;
  readonly timeoutMs: number;
}

/**
 * Sends a query and resolves to the reply that answers it. Rejects with FORWARD_TIMEOUT, FORWARD_NETWORK or
 * FORWARD_BAD_REPLY.
 */
export type Exchange = (request: ExchangeRequest) => Promise<Uint8Array>;

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/**
 * Over UDP, each time from a new socket and so from a new random port (RFC 5452 §9.2). The socket is connected: the
 * kernel passes nothing but what comes from the server's address, and reports a closed port at once. Datagrams that do
 * not answer the query are ignored, for they may be forged.
 */
export function exchangeUdp(request: ExchangeRequest): Promise<Uint8Array> {
  const { query, questionEnd, server } = request;
  const family = isIPv6(server.host) ? 6 : 4;
  const lookup = (host: string, _options: unknown, done: LookupCallback) => done(null, host, family);
  const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", lookup });
  return settleOnce<Uint8Array>(request, (resolve, reject) => {
    socket.on("error", (error) => reject(networkError(server, error)));
    socket.on("message", (reply) => {
      if (answers(reply, query, questionEnd)) resolve(reply);
    });
    // Not as a callback of connect(): that would be told of failures too, which are events here.
    socket.once("connect", () => socket.send(query));
    socket.connect(server.port, server.host);
  }).finally(() => socket.close());
}

/** Over TCP, a connection for each query. */
export function exchangeTcp(request: ExchangeRequest): Promise<Uint8Array> {
  const { query, questionEnd, server } = request;
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  return settleOnce<Uint8Array>(request, (resolve, reject) => {
    const received = Buffer.alloc(2 + MAX_MESSAGE);
    let size = 0;
    socket.on("error", (error) => reject(networkError(server, error)));
    socket.on("close", () => reject(networkError(server, new Error("the connection was closed before the answer"))));
    socket.on("data", (chunk) => {
      size += chunk.copy(received, size);
      if (size < 2 || size < 2 + received.readUInt16BE(0)) return;
      const reply = received.subarray(2, 2 + received.readUInt16BE(0));
      if (answers(reply, query, questionEnd)) resolve(reply);
      else
        reject(
          new MesosDnsError(
            "FORWARD_BAD_REPLY",
            `resolver ${formatHostPort(server)} answered another question over TCP`,
          ),
        );
    });
    const prefix = Uint8Array.of(query.length >>> 8, query.length & 0xff);
    socket.write(Buffer.concat([prefix, query]));
  }).finally(() => socket.destroy());
}

/** A promise that the first of resolve, reject and the timeout settles. */
function settleOnce<T>(
  request: ExchangeRequest,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const { server, timeoutMs } = request;
      reject(
        new MesosDnsError(
          "FORWARD_TIMEOUT",
          `resolver ${formatHostPort(server)} did not answer within ${timeoutMs} ms`,
        ),
      );
    }, request.timeoutMs);
    const settled = () => clearTimeout(timer);
    start(
      (value) => {
        settled();
        resolve(value);
      },
      (error) => {
        settled();
        reject(error);
      },
    );
  });
}

function networkError(server: HostPort, cause: Error): MesosDnsError {
  return new MesosDnsError(
    "FORWARD_NETWORK",
    `resolver ${formatHostPort(server)} cannot be reached: ${cause.message}`,
    {
      cause,
    },
  );
}

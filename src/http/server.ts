import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { type Certificate, TLS_OPTIONS } from "../transport/certificate.js";
import { type Listening, listenError } from "../transport/listen-error.js";
import { HANDSHAKE_MS } from "../transport/tcp-limits.js";
import { type Connection, type ConnectionBounds, Connections } from "./connections.js";
import { PacedSocket } from "./paced-socket.js";
import { Turns } from "./turns.js";

/** The largest size of all headers of a request, in bytes. */
const MAX_HEADERS = 16 * 1024;
/** Milliseconds that a client may take to send its headers, and to send its whole request. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds that a connection may stay open between requests: a little more than the usual interval of scrapes. */
const KEEP_ALIVE_TIMEOUT = 75_000;
/** A connection is closed after this many milliseconds without a byte in either direction, for example if a reader has stopped. */
const SILENCE_TIMEOUT = 120_000;
/** Concurrent requests of one HTTP/2 connection; an HTTP/1.1 connection has one at a time. */
const MAX_STREAMS = 32;
/** Milliseconds that responses in progress may still take when the server closes. */
const CLOSE_GRACE = 1_000;

/**
 * A place for a connection whose request waits for a change. Such a connection is idle on purpose: it is not closed for its silence,
 * nor to make room for others.
 */
export interface Seat {
  /** Returns false if no place is left. */
  take(): boolean;
  /** Call this when the request has been answered. */
  leave(): void;
}

/** Handles requests that wait for a change. Returns false for any other request, which then goes to the API. */
export interface Waits {
  handle(request: IncomingMessage, response: ServerResponse, seat: Seat): boolean;
}

interface Served {
  readonly api: Hono | undefined;
  readonly waits: Waits | undefined;
}

export interface HttpOptions {
  /** None if `waits` answers all requests. It then gets those that ask before they send their body, too. */
  readonly api?: Hono | undefined;
  readonly waits?: Waits | undefined;
  /** IP address to bind. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Whether an address is that of a proxy, which stands for many clients. */
  readonly isProxy?: (address: string) => boolean;
  /** How many connections there may be, if not as many as usual. */
  readonly bounds?: ConnectionBounds | undefined;
  /** Turns on HTTPS: HTTP/2, with HTTP/1.1 for clients without it. */
  readonly certificate?: Certificate | undefined;
  /** What it is called in errors. */
  readonly name?: Listening | undefined;
  /** Told of TLS handshakes, and of the ends of connections that had one. */
  readonly onTls?: OnTls | undefined;
}

export type OnTls = (event: "secured" | "failed" | "closed") => void;

export interface HttpServer {
  readonly port: number;
  /** Stops listening. Resolves when every connection is closed: idle ones at once, the others within a second. */
  close(): Promise<void>;
  /** Uses this certificate for new connections. Does nothing without HTTPS. */
  renew(certificate: Certificate): void;
}

/** Serves HTTP. Rejects with a `MesosDnsError` if it cannot listen. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { api, waits, host, port, isProxy, bounds, certificate, name = "HTTP", onTls } = options;
  const connections = new Connections(isProxy ?? (() => false), bounds);
  if (certificate)
    return startHttps({ served: { api, waits }, connections, at: { host, port, name }, certificate, onTls });
  const server = createServer(LIMITS);
  pace(server, "connection");
  serveApi(server, { api, waits }, connections);
  return {
    port: await listen(server, { host, port, name }),
    close: () => close(server, () => server.closeAllConnections()),
    renew: () => undefined,
  };
}

interface HttpsParts {
  readonly served: Served;
  readonly connections: Connections;
  readonly at: Place;
  readonly certificate: Certificate;
  readonly onTls: OnTls | undefined;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly name: Listening;
}

async function startHttps({ served, connections, at, certificate, onTls }: HttpsParts): Promise<HttpServer> {
  const server = createSecureServer({
    ...certificate,
    ...TLS_OPTIONS,
    ...LIMITS,
    handshakeTimeout: HANDSHAKE_MS,
    settings: { maxConcurrentStreams: MAX_STREAMS },
    allowHTTP1: true,
  });
  pace(server, "secureConnection");
  serveApi(server, served, connections);
  if (onTls) watchTls(server, onTls);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    port: await listen(server, at),
    close: () => {
      for (const session of sessions) session.close();
      return close(server, () => {
        for (const socket of sockets) socket.destroy();
      });
    },
    renew: (renewed) => server.setSecureContext({ ...renewed, ...TLS_OPTIONS }),
  };
}

function watchTls(server: Http2SecureServer, onTls: OnTls): void {
  server.on("secureConnection", (socket: Socket) => {
    onTls("secured");
    socket.once("close", () => onTls("closed"));
  });
  server.on("tlsClientError", () => onTls("failed"));
}

async function listen(server: Server | Http2SecureServer, { host, port, name }: Place): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw listenError(error instanceof Error ? error : new Error(String(error)), name, host, port);
  }
  return (server.address() as AddressInfo).port;
}

const LIMITS = {
  maxHeaderSize: MAX_HEADERS,
  headersTimeout: HEADERS_TIMEOUT,
  requestTimeout: REQUEST_TIMEOUT,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
};

/** Wraps each HTTP/1.1 connection in a `PacedSocket` before the server's own listener gets it. */
function pace(server: Server | Http2SecureServer, event: "connection" | "secureConnection"): void {
  const [serve] = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    const isHttp2 = "alpnProtocol" in socket && socket.alpnProtocol === "h2";
    Reflect.apply(serve, server, [isHttp2 ? socket : new PacedSocket(socket, server)]);
  });
}

/** Serves requests and counts connections. Closes connections beyond the limits. */
function serveApi(server: Server | Http2SecureServer, { api, waits }: Served, connections: Connections): void {
  // HTTP/1.0 requests, such as health checks of load balancers, name no host.
  const listener = api && getRequestListener(api.fetch, { overrideGlobalObjects: false, hostname: "localhost" });
  const turns = new Turns();
  // A TLS connection has two sockets, one above the other. Both have the same remote address and port, by which they are matched.
  const byPeer = new Map<string, Connection>();
  server.setTimeout(SILENCE_TIMEOUT);
  server.on("connection", (socket: Socket) => {
    const connection = { address: socket.remoteAddress ?? "", destroy: () => socket.destroy() };
    const peer = peerOf(socket);
    byPeer.set(peer, connection);
    socket.once("close", () => {
      if (byPeer.get(peer) === connection) byPeer.delete(peer);
      connections.remove(connection);
    });
    connections.add(connection);
  });
  const onRequest = (request: Request, response: Response) => {
    const connection = byPeer.get(peerOf(request.socket));
    if (connection) connections.asked(connection);
    const answer = () => {
      if (isGone(request)) return;
      if (hasTwoHosts(request.rawHeaders)) return refuse(request, response);
      const seat = connection && new PatientSeat(connection, connections, request.socket);
      if (seat && waits?.handle(request as IncomingMessage, response as ServerResponse, seat)) return;
      if (listener) listener(request, response);
      else request.destroy();
    };
    const begin = () => turns.take(connection?.address ?? "", answer);
    const socket: unknown = isHttp2(request) ? undefined : request.socket;
    if (socket instanceof PacedSocket) socket.answer(request as IncomingMessage, response as ServerResponse, begin);
    else begin();
  };
  server.on("request", onRequest);
  if (!api) server.on("checkContinue", onRequest);
}

/** Connections with requests that wait for a change, and how many each has: an HTTP/2 connection may have several. */
const patient = new WeakMap<Connection, number>();

/** Keeps the connection of a waiting request open, however long it is silent. */
class PatientSeat implements Seat {
  readonly #connection: Connection;
  readonly #connections: Connections;
  readonly #socket: Pick<Socket, "setTimeout">;
  #isTaken = false;

  /** @param socket the socket of the request */
  constructor(connection: Connection, connections: Connections, socket: Pick<Socket, "setTimeout">) {
    this.#connection = connection;
    this.#connections = connections;
    this.#socket = socket;
  }

  take(): boolean {
    if (!this.#connections.seat(this.#connection)) return false;
    this.#isTaken = true;
    patient.set(this.#connection, (patient.get(this.#connection) ?? 0) + 1);
    this.#socket.setTimeout(0);
    if (this.#socket instanceof PacedSocket) this.#socket.patient = true;
    return true;
  }

  leave(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    const left = (patient.get(this.#connection) ?? 1) - 1;
    patient.set(this.#connection, left);
    if (left > 0) return;
    this.#socket.setTimeout(SILENCE_TIMEOUT);
    if (this.#socket instanceof PacedSocket) this.#socket.patient = false;
  }
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

function peerOf({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress} ${remotePort}`;
}

function isHttp2(request: Request): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}

/** Whether the client has left. */
function isGone(request: Request): boolean {
  return isHttp2(request) ? request.stream.destroyed : request.socket.destroyed;
}

function refuse({ httpVersionMajor }: Request, response: Response): void {
  response.statusCode = 400;
  response.setHeader("content-type", "application/json");
  if (httpVersionMajor === 1) response.setHeader("connection", "close");
  (response as ServerResponse).end('{"error":"a request has one Host line"}');
}

/** RFC 9112 §3.2 forbids two Host lines: a proxy may have used the other one. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i].toLowerCase() === "host") count++;
  return count > 1;
}

/** @param cut closes the connections that are still open after CLOSE_GRACE */
async function close(server: Server | Http2SecureServer, cut: () => void): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const deadline = setTimeout(cut, CLOSE_GRACE);
  await closed;
  clearTimeout(deadline);
}

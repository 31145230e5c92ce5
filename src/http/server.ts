import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { listenError } from "../transport/listen-error.js";
import type { Certificate } from "../transport/tcp.js";

/** Octets of all headers of a request. */
const MAX_HEADERS = 16 * 1024;
/** Milliseconds a client may take for its headers, and for all of its request. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds a connection may stay open between requests, a little more than the usual pause between two scrapes. */
const KEEP_ALIVE_TIMEOUT = 75_000;
/** Milliseconds without an octet either way after which a connection is given up, such as with a reader that stopped. */
const SILENCE_TIMEOUT = 120_000;
/** A bound on descriptors, which the DNS side needs too. */
const MAX_CONNECTIONS = 512;
/** Milliseconds that answers in flight have left when the server closes. */
const CLOSE_GRACE = 1_000;

export interface HttpOptions {
  readonly api: Hono;
  /** IP address to bind. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Makes it HTTPS: HTTP/2, and HTTP/1.1 for those who do not know that. */
  readonly certificate?: Certificate | undefined;
}

export interface HttpServer {
  readonly port: number;
  /** Stops listening and returns when every connection is closed: idle ones at once, the others within a second. */
  close(): Promise<void>;
  /** New connections are secured with this certificate, if any are. */
  renew(certificate: Certificate): void;
}

/** Serves the API. Rejects with a `MesosDnsError` where it cannot listen. */
export async function startHttp({ api, host, port, certificate }: HttpOptions): Promise<HttpServer> {
  if (certificate) return startHttps(api, host, port, certificate);
  const server = createHttpServer(api);
  return {
    port: await listen(server, host, port),
    close: () => close(server, () => server.closeAllConnections()),
    renew: () => undefined,
  };
}

async function startHttps(api: Hono, host: string, port: number, certificate: Certificate): Promise<HttpServer> {
  const server = createSecureServer({ ...certificate, ...LIMITS, allowHTTP1: true, minVersion: "TLSv1.2" });
  server.on("request", getRequestListener(api.fetch, { overrideGlobalObjects: false }));
  server.setTimeout(SILENCE_TIMEOUT);
  server.maxConnections = MAX_CONNECTIONS;
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
    port: await listen(server, host, port),
    close: () => {
      for (const session of sessions) session.close();
      return close(server, () => {
        for (const socket of sockets) socket.destroy();
      });
    },
    renew: (renewed) => server.setSecureContext(renewed),
  };
}

async function listen(server: Server | Http2SecureServer, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw listenError(error instanceof Error ? error : new Error(String(error)), "HTTP", host, port);
  }
  return (server.address() as AddressInfo).port;
}

const LIMITS = {
  maxHeaderSize: MAX_HEADERS,
  headersTimeout: HEADERS_TIMEOUT,
  requestTimeout: REQUEST_TIMEOUT,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
};

function createHttpServer(api: Hono): Server {
  const server = createServer(LIMITS, getRequestListener(api.fetch, { overrideGlobalObjects: false }));
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(SILENCE_TIMEOUT);
  return server;
}

/** @param cut ends what is still open when the grace is over */
async function close(server: Server | Http2SecureServer, cut: () => void): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const deadline = setTimeout(cut, CLOSE_GRACE);
  await closed;
  clearTimeout(deadline);
}

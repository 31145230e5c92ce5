import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { listenError } from "../transport/listen-error.js";

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
}

export interface HttpServer {
  readonly port: number;
  /** Stops listening and returns when every connection is closed: idle ones at once, the others within a second. */
  close(): Promise<void>;
}

/** Serves the API over HTTP/1.1. Rejects with a `MesosDnsError` where it cannot listen. */
export async function startHttp({ api, host, port }: HttpOptions): Promise<HttpServer> {
  const server = createHttpServer(api);
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw listenError(error instanceof Error ? error : new Error(String(error)), "HTTP", host, port);
  }
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function createHttpServer(api: Hono): Server {
  const limits = {
    maxHeaderSize: MAX_HEADERS,
    headersTimeout: HEADERS_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
  };
  const server = createServer(limits, getRequestListener(api.fetch, { overrideGlobalObjects: false }));
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(SILENCE_TIMEOUT);
  return server;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE);
  await closed;
  clearTimeout(deadline);
}

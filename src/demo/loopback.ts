import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer } from "node:net";

/** Where all that is demonstrated listens. */
export const HOST = "127.0.0.1";

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

/** An HTTP server at a free port. */
export async function listening(): Promise<Server> {
  const server = createHttpServer();
  server.listen(0, HOST);
  await once(server, "listening");
  return server;
}

/** `host:port` */
export function addressOf(server: Server): string {
  const address = server.address();
  return `${HOST}:${typeof address === "object" && address ? address.port : 0}`;
}

/** Ends it with all its connections. */
export async function closed(server: Server): Promise<void> {
  const isClosed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await isClosed;
}

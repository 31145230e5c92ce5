import { once } from "node:events";
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

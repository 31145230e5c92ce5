import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** How long a task that is told to end goes on with what is still sent to it, as those that are written well do. */
const GRACE_MS = 3_000;

/** The header of an answer that says which task it is from. */
export const TASK_HEADER = "x-task";

/** One task of the app: a little HTTP server at an address of this machine that stands for an agent's. */
export class DemoTask {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly startedAt = new Date().toISOString();
  readonly #server: Server;
  #timer: NodeJS.Timeout | undefined;

  private constructor(id: string, host: string, server: Server) {
    this.id = id;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Rejects if this system does not have the address. */
  static async start(id: string, host: string): Promise<DemoTask> {
    const server = createServer((_, response) => {
      response.setHeader(TASK_HEADER, id).end(`${id} says hello from ${host}\n`);
    });
    server.listen(0, host);
    await once(server, "listening");
    return new DemoTask(id, host, server);
  }

  /** Tells it to end, which takes it a while. */
  retire(): void {
    this.#timer = setTimeout(() => this.end(), GRACE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

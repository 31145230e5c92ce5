import { createServer, type Server } from "node:http";
import type { Instance } from "./cluster.js";

/** Answers for the instances that are there: each says who it is, at its own address. */
export class DemoTargets {
  readonly #servers = new Map<string, Server>();

  /** Starts and stops servers, so that there is one for each of these instances. */
  follow(instances: readonly Instance[]): void {
    const real = new Map(instances.filter(({ app }) => app.isReal).map((each) => [each.taskId, each]));
    for (const [taskId, server] of this.#servers) {
      if (real.has(taskId)) continue;
      this.#servers.delete(taskId);
      end(server);
    }
    for (const [taskId, instance] of real) if (!this.#servers.has(taskId)) this.#start(instance);
  }

  stop(): void {
    this.follow([]);
  }

  #start({ taskId, app, addresses: [host] }: Instance): void {
    const port = app.discovery?.ports[0]?.number;
    const server = createServer((_, response) => response.end(`${taskId} says hello from ${host}:${port}\n`));
    // Where the system does not have the address, or somebody else listens there, its clients are refused.
    server.on("error", () => undefined).listen(port, host);
    this.#servers.set(taskId, server);
  }
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

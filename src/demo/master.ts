import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { DemoCluster } from "./cluster.js";
import { addressOf, closed, listening } from "./loopback.js";
import { stateOf } from "./state.js";

const STATE_PATHS: readonly string[] = ["/master/state", "/state"];

/** The demonstration cluster's only master, on a free loopback port. It leads. */
export class DemoMaster {
  readonly #server: Server;
  readonly #cluster: DemoCluster;

  private constructor(server: Server, cluster: DemoCluster) {
    this.#server = server;
    this.#cluster = cluster;
    server.on("request", (request, response) => this.#answer(request, response));
  }

  static async start(cluster: DemoCluster): Promise<DemoMaster> {
    return new DemoMaster(await listening(), cluster);
  }

  /** `host:port` */
  get address(): string {
    return addressOf(this.#server);
  }

  async stop(): Promise<void> {
    await closed(this.#server);
  }

  #answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
    if (!STATE_PATHS.includes(url.split("?", 1).join())) {
      response.writeHead(404).end();
    } else if (method !== "GET") {
      response.writeHead(405, { allow: "GET" }).end();
    } else {
      const body = JSON.stringify(stateOf(this.#cluster.instances, this.address));
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      response.end(body);
    }
  }
}

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { addressOf, closed, listening } from "../loopback.js";

/** The demonstration's only Marathon, on a free loopback port. It leads. */
export class DemoMarathon {
  readonly #server: Server;
  readonly #apps: () => readonly object[];
  readonly #streams = new Set<ServerResponse>();

  private constructor(server: Server, apps: () => readonly object[]) {
    this.#server = server;
    this.#apps = apps;
    server.on("request", (request, response) => this.#answer(request, response));
  }

  /** @param apps each as `GET /v2/apps` tells of it */
  static async start(apps: () => readonly object[]): Promise<DemoMarathon> {
    return new DemoMarathon(await listening(), apps);
  }

  get url(): string {
    return `http://${addressOf(this.#server)}`;
  }

  /** Tells those who follow its events that tasks have come or gone. */
  tell(): void {
    for (const stream of this.#streams) send(stream, "status_update_event");
  }

  async stop(): Promise<void> {
    await closed(this.#server);
  }

  #answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
    const path = url.split("?", 1).join();
    if (path === "/v2/events") {
      this.#stream(response);
    } else if (path !== "/v2/apps") {
      answerJson(response, 404, { message: "this Marathon has /v2/apps and /v2/events" });
    } else if (method !== "GET") {
      answerJson(response, 405, { message: "this Marathon can only be read" });
    } else {
      answerJson(response, 200, { apps: this.#apps() });
    }
  }

  #stream(response: ServerResponse): void {
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream" });
    send(response, "event_stream_attached");
  }
}

function answerJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function send(stream: ServerResponse, eventType: string): void {
  const data = JSON.stringify({ eventType, timestamp: new Date().toISOString() });
  stream.write(`event: ${eventType}\r\ndata: ${data}\r\n\r\n`);
}

import type http from "node:http";
import type { Json } from "./json.js";
import { HEARTBEAT, recordOf, subscribed } from "./operator-api.js";

/** How a scripted master's stream of events begins. */
export interface Beginning {
  readonly heartbeatSeconds?: number;
  /** Sent in place of SUBSCRIBED and a heartbeat. */
  readonly instead?: string;
}

/** Who listens to a scripted master's events. */
export class Subscribers {
  readonly #open = new Set<http.ServerResponse>();

  get count(): number {
    return this.#open.size;
  }

  add(response: http.ServerResponse, state: Json, { heartbeatSeconds, instead }: Beginning): void {
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    response.writeHead(200, { "content-type": "application/json" });
    response.write(instead ?? recordOf(subscribed(state, heartbeatSeconds)) + recordOf(HEARTBEAT));
  }

  /** Sends messages as records, texts as they are. */
  say(...messages: readonly (Json | string)[]): void {
    for (const response of this.#open) {
      for (const message of messages) response.write(typeof message === "string" ? message : recordOf(message));
    }
  }

  cut(): void {
    for (const response of this.#open) response.destroy();
  }
}

import type { Logger } from "../base/log.js";
import type { ConsulSettings } from "../config/consul.js";
import type { App } from "./app.js";
import type { ConsulServing } from "./consul-serving.js";

export interface ConsulSwitchParts {
  readonly app: App;
  readonly log: Logger;
  readonly takeOver: boolean;
}

/** Serves Consul's API while the configuration says so. Nothing of it is loaded before that. */
export class ConsulSwitch {
  readonly #parts: ConsulSwitchParts;
  #serving: ConsulServing | undefined;
  #last: Promise<void> = Promise.resolve();
  #hasStarted = false;
  #isClosed = false;

  constructor(parts: ConsulSwitchParts) {
    this.#parts = parts;
  }

  /** Whether adjust() has been successful. Before that, the start may still be waiting for another process. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Follows the configuration. Rejects with a `MesosDnsError` if the server cannot listen. */
  adjust(): Promise<void> {
    const turn = this.#last.then(() => this.#adjust());
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Answers the requests that wait, and closes the server. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#serving?.close();
  }

  async #adjust(): Promise<void> {
    const { consul } = this.#parts.app.config;
    if (consul.enabled) await this.#open(consul);
    else {
      const former = this.#serving;
      this.#serving = undefined;
      await former?.close();
    }
    this.#hasStarted = true;
  }

  async #open(settings: ConsulSettings): Promise<void> {
    if (!this.#serving) {
      const { ConsulServing } = await import("./consul-serving.js");
      if (this.#isClosed) return;
      this.#serving = new ConsulServing(this.#parts);
    }
    await this.#serving.adjust(settings);
  }
}

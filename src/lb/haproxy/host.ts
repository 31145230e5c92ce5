import { MesosDnsError } from "../../base/errors.js";
import type { HaproxyProcess } from "../../haproxy/process.js";

/** How a HAProxy is started and told to read its configuration again: this program's own, or the system's. */
export interface HaproxyHost {
  /** Where it is asked and told. */
  readonly socketPath: string;
  /** The configuration that was installed last; "" if there is none. */
  installed(): Promise<string>;
  /** What HAProxy has against a configuration; `undefined` if nothing. */
  faults(config: string): Promise<string | undefined>;
  install(config: string): Promise<void>;
  /** Starts one with the configuration that is installed. Rejects if it cannot. */
  start(): Promise<void>;
  reload(): Promise<void>;
}

/** A HAProxy of this program's own, which outlives it. */
export class OwnHaproxy implements HaproxyHost {
  readonly #process: HaproxyProcess;
  readonly socketPath: string;

  constructor(process: HaproxyProcess, socketPath: string) {
    this.#process = process;
    this.socketPath = socketPath;
  }

  installed(): Promise<string> {
    return this.#process.config();
  }

  faults(config: string): Promise<string | undefined> {
    return this.#process.faultsOf(config);
  }

  install(config: string): Promise<void> {
    return this.#process.write(config);
  }

  async start(): Promise<void> {
    await this.#process.requireProgram();
    // One that runs without its socket would never be changed again, and keep its ports.
    await this.#process.retire();
    await this.#process.start();
  }

  reload(): Promise<void> {
    return this.#process.reload();
  }
}

export interface SystemHaproxyParts {
  readonly socketPath: string;
  readonly process: HaproxyProcess;
  /** Has the system reload it. Rejects if that fails. */
  readonly reload: () => Promise<void>;
}

/** The system's HAProxy, which somebody else starts. */
export class SystemHaproxy implements HaproxyHost {
  readonly #parts: SystemHaproxyParts;

  constructor(parts: SystemHaproxyParts) {
    this.#parts = parts;
  }

  get socketPath(): string {
    return this.#parts.socketPath;
  }

  installed(): Promise<string> {
    return this.#parts.process.config();
  }

  faults(config: string): Promise<string | undefined> {
    return this.#parts.process.faultsOf(config);
  }

  install(config: string): Promise<void> {
    return this.#parts.process.write(config);
  }

  /** A unit that has failed, for a configuration that was none, starts with a reload or not at all. */
  start(): Promise<void> {
    return this.reload();
  }

  async reload(): Promise<void> {
    try {
      await this.#parts.reload();
    } catch (error) {
      if (error instanceof MesosDnsError) throw error;
      throw new MesosDnsError("LB_HAPROXY", `HAProxy is not reloaded: ${String(error)}`, { cause: error });
    }
  }
}

import type { Logger, Verbosity } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Question } from "../console/questions.js";
import type { ConsoleAccess } from "../http/console/access.js";
import { type Assets, loadAssets } from "../http/console/assets.js";
import { ConsoleLive } from "../http/console/live.js";
import { notes, unreadyReasons } from "../http/readiness.js";
import { ConsoleHandle, spawnConsole } from "../threads/console-handle.js";
import type { App } from "./app.js";

/** How long the thread stays when nobody looks any more, in milliseconds. */
const IDLE_MS = 300_000;

/** The used part of the running server. */
export type ConsoleApp = Pick<App, "config" | "stats" | "status" | "forwarding" | "zone" | "boards" | "builder">;

export interface ConsoleServingParts {
  readonly app: ConsoleApp;
  readonly timers: Timers;
  readonly log: Logger;
  readonly verbosity: Verbosity;
  /** Where the build puts the browser's program. */
  readonly assets: URL;
  readonly isShared: (address: string) => boolean;
  readonly spawn?: typeof spawnConsole;
}

/** The console's side of the server: its thread is there while somebody looks, and some minutes longer. */
export class ConsoleServing implements ConsoleAccess {
  readonly #parts: ConsoleServingParts;
  readonly live: ConsoleLive;
  #assets: { readonly found: Assets | undefined } | undefined;
  #handle: ConsoleHandle | undefined;
  #isWatched = false;
  #isClosed = false;
  #cancelEnd: () => void = () => undefined;

  constructor(parts: ConsoleServingParts) {
    this.#parts = parts;
    const { app, timers, isShared } = parts;
    this.live = new ConsoleLive({
      readings: {
        stats: app.stats,
        status: () => app.status,
        forwarding: () => app.forwarding,
        isForwarding: () => app.config.externalon,
        told: () => {
          const { status, config } = app;
          const now = Date.now();
          return { reasons: unreadyReasons(status, config, now), notes: notes(status, now) };
        },
      },
      timers,
      wallClock: Date.now,
      isOn: () => app.config.console && this.assets() !== undefined,
      isShared,
      onWatched: (isWatched) => {
        this.#isWatched = isWatched;
        this.#use();
      },
    });
  }

  /** Read once, when somebody looks. */
  assets(): Assets | undefined {
    this.#assets ??= { found: loadAssets(this.#parts.assets) };
    return this.#assets.found;
  }

  consul() {
    return this.#parts.app.boards.consul.report;
  }

  ask(question: Question): Promise<string | undefined> {
    return this.#use().ask(question);
  }

  /** Ends all streams, and the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.live.streams.close();
    await this.#end();
  }

  /** The thread, which is started if there is none, and ends when it has not been used for a while. */
  #use(): ConsoleHandle {
    this.#cancelEnd();
    this.#handle ??= this.#start();
    if (!this.#isWatched) this.#cancelEnd = this.#parts.timers.after(IDLE_MS, () => void this.#end());
    return this.#handle;
  }

  #start(): ConsoleHandle {
    const { app, timers, log, verbosity, spawn = spawnConsole } = this.#parts;
    const handle: ConsoleHandle = new ConsoleHandle({
      log,
      timers,
      startOf: () => ({ verbosity, current: app.zone.snapshot.whole }),
      connect: () => app.builder.followConsole((ports) => handle.connect(ports)),
      onChanges: (changes) => {
        if (app.config.EnumerationOn) this.live.add(changes);
      },
      spawn,
    });
    if (!this.#isClosed) {
      handle.start();
      this.live.start();
    }
    return handle;
  }

  async #end(): Promise<void> {
    this.#cancelEnd();
    const handle = this.#handle;
    this.#handle = undefined;
    this.live.stop();
    this.#parts.app.builder.followConsole(undefined);
    await handle?.stop();
  }
}

import { type Backoff, NO_JITTER, pauseAfter } from "../base/backoff.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { MarathonSetting } from "../config/lb.js";
import type { MarathonClient } from "../sources/marathon/client.js";

export interface TaskTextsParts {
  readonly marathons: readonly MarathonSetting[];
  readonly accessTo: (marathon: MarathonSetting) => Pick<MarathonClient, "tasksText" | "close">;
  readonly timers: Timers;
  readonly log: Pick<Logger, "warn">;
  /** One has told something new. */
  readonly onChange: () => void;
}

const RETRY: Backoff = { firstMs: 1_000, lastMs: 60_000 };

/** Marathons' text answers to `GET /v2/tasks`, fetched when there may be other ones. */
export class TaskTexts {
  readonly #parts: TaskTextsParts;
  readonly #readers: ReadonlyMap<string, Reader>;

  /** Throws what `accessTo` throws. */
  constructor(parts: TaskTextsParts) {
    this.#parts = parts;
    this.#readers = new Map(parts.marathons.map((one) => [one.name, new Reader(one.name, parts.accessTo(one), parts)]));
  }

  /** That of a Marathon may be another one. @param hasTasks whether its list of apps has any */
  look(name: string, hasTasks: boolean): void {
    this.#readers.get(name)?.look(hasTasks);
  }

  /** All of them; `undefined` if one has told nothing yet. */
  get text(): string | undefined {
    const texts = this.#parts.marathons.map(({ name }) => this.#readers.get(name)?.text);
    return texts.includes(undefined) ? undefined : texts.map((text) => `${text}\n`).join("");
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#readers.values(), (reader) => reader.stop()));
  }
}

class Reader {
  readonly #name: string;
  readonly #access: Pick<MarathonClient, "tasksText" | "close">;
  readonly #parts: TaskTextsParts;
  readonly #end = new AbortController();
  #cancel: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();
  #isWanted = false;
  #hasTasks = false;
  #failures = 0;
  text: string | undefined;

  constructor(name: string, access: Pick<MarathonClient, "tasksText" | "close">, parts: TaskTextsParts) {
    this.#name = name;
    this.#access = access;
    this.#parts = parts;
  }

  look(hasTasks: boolean): void {
    this.#hasTasks = hasTasks;
    this.#failures = 0;
    this.#fetch();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    this.#cancel();
    await this.#work;
    await this.#access.close();
  }

  /** One after another; of those that wait, one is enough. */
  #fetch(): void {
    this.#cancel();
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#work = this.#work.then(async () => {
      this.#isWanted = false;
      if (!this.#end.signal.aborted) await this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const { log, timers, onChange } = this.#parts;
    try {
      const text = await this.#access.tasksText(this.#end.signal);
      // Its list of apps says otherwise, and that is looked at more closely.
      if (this.#hasTasks && text.trim() === "") throw new Error("it names no tasks, and its list of apps does");
      this.#failures = 0;
      if (text === this.text) return;
      this.text = text;
      onChange();
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const reason = messageOf(error);
      log.warn({ marathon: this.#name, reason }, `what this Marathon told of its tasks last counts: ${reason}`);
      this.#cancel = timers.after(pauseAfter(this.#failures++, RETRY, NO_JITTER), () => this.#fetch());
    }
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { HaproxyProcess } from "../haproxy/process.js";
import { type LbMemory, memoryText, NO_MEMORY, readMemory } from "../lb/haproxy/memory.js";
import { goodText, readGood } from "../lb/last-good-text.js";

/** What is kept over a restart, and how. */
export interface Memory<Known> {
  /** Of its file. */
  readonly name: string;
  /** What is not known without it, for people. */
  readonly about: string;
  readonly nothing: Known;
  readonly textOf: (known: Known) => string;
  /** Throws an Error if it is none. */
  readonly read: (text: string) => Known;
}

export const LB_MEMORY: Memory<LbMemory> = {
  name: "mesos-dns-lb.state",
  about: "who has which port and name",
  nothing: NO_MEMORY,
  textOf: memoryText,
  read: readMemory,
};

/** Items of a format as they were last. */
export function goodMemory<Item>(format: string): Memory<readonly Item[]> {
  return {
    name: `mesos-dns-lb-${format}.state`,
    about: "how apps were when they were last well",
    nothing: [],
    textOf: goodText,
    read: readGood,
  };
}

export interface MemoryPlace {
  readonly haproxy: HaproxyProcess;
  /** That of HAProxy's configuration. */
  readonly folder: string;
  readonly log: Pick<Logger, "warn">;
}

/** The file of what has to be known again after a restart, beside HAProxy's configuration. */
export class MemoryFile<Known> {
  readonly known: Known;
  readonly #memory: Memory<Known>;
  readonly #place: MemoryPlace;
  #text: string;
  #trouble: string | undefined;

  private constructor(memory: Memory<Known>, place: MemoryPlace, known: Known) {
    this.#memory = memory;
    this.#place = place;
    this.known = known;
    this.#text = memory.textOf(known);
  }

  /** A file that cannot be read is as good as none, and is told of. */
  static async open<Known>(memory: Memory<Known>, place: MemoryPlace): Promise<MemoryFile<Known>> {
    const path = join(place.folder, memory.name);
    try {
      return new MemoryFile(memory, place, memory.read(await readFile(path, "utf8")));
    } catch (error) {
      if (!hasCode(error, "ENOENT")) {
        place.log.warn({ path }, `${memory.about} is not known from before: ${path}: ${messageOf(error)}`);
      }
      return new MemoryFile(memory, place, memory.nothing);
    }
  }

  /** Does nothing where nothing has changed. @returns whether it is kept; if not, that is told, once as long as it stays so */
  async write(known: Known): Promise<boolean> {
    const { name, about, textOf } = this.#memory;
    const text = textOf(known);
    if (text === this.#text) return true;
    try {
      await this.#place.haproxy.writeFile(name, text);
      this.#text = text;
      this.#trouble = undefined;
      return true;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#trouble) this.#place.log.warn(`${about} is not kept: ${reason}`);
      this.#trouble = reason;
      return false;
    }
  }
}

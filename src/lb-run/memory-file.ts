import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { HaproxyProcess } from "../haproxy/process.js";
import { type LbMemory, memoryText, NO_MEMORY, readMemory } from "../lb/haproxy/memory.js";

const NAME = "mesos-dns-lb.state";

/** The file of what has to be known again after a restart, beside HAProxy's configuration. */
export class MemoryFile {
  readonly known: LbMemory;
  readonly #haproxy: HaproxyProcess;
  readonly #log: Pick<Logger, "warn">;
  #text: string;

  private constructor(haproxy: HaproxyProcess, log: Pick<Logger, "warn">, known: LbMemory) {
    this.#haproxy = haproxy;
    this.#log = log;
    this.known = known;
    this.#text = memoryText(known);
  }

  /** A file that cannot be read is as good as none, and is told of. */
  static async open(haproxy: HaproxyProcess, folder: string, log: Pick<Logger, "warn">): Promise<MemoryFile> {
    const path = join(folder, NAME);
    try {
      return new MemoryFile(haproxy, log, readMemory(await readFile(path, "utf8")));
    } catch (error) {
      if (!hasCode(error, "ENOENT")) {
        log.warn({ path }, `who has which port and name is not known from before: ${path}: ${messageOf(error)}`);
      }
      return new MemoryFile(haproxy, log, NO_MEMORY);
    }
  }

  /** Does nothing where nothing has changed. */
  async write(memory: LbMemory): Promise<void> {
    const text = memoryText(memory);
    if (text === this.#text) return;
    try {
      await this.#haproxy.writeFile(NAME, text);
      this.#text = text;
    } catch (error) {
      this.#log.warn(`who has which port and name is not kept: ${messageOf(error)}`);
    }
  }
}

import fsPromises from "node:fs/promises";
import type { Entry, KvLimits } from "../../../../src/consul/kv/model.js";
import { openStore, type StoreOptions } from "../../../../src/consul/kv/open-store.js";
import type { KvStore } from "../../../../src/consul/kv/store.js";

export { run, set } from "./writes.js";

export const LIMITS: KvLimits = { maxKeys: 10_000, maxBytes: 64 * 1024 * 1024 };

/** What a store has said, as `level: line`. */
export class Lines {
  readonly lines: string[] = [];
  readonly info = this.#note("info");
  readonly warn = this.#note("warn");
  readonly error = this.#note("error");

  #note(level: string) {
    return (...said: unknown[]) => void this.lines.push(`${level}: ${said.at(-1)}`);
  }
}

/** A store with a clock that is set by hand. */
export async function opened(options: Partial<StoreOptions> = {}) {
  const lines = new Lines();
  const clock = { now: 1_700_000_000_000 };
  const store = await openStore({
    folder: "",
    limits: LIMITS,
    files: fsPromises,
    wallClock: () => clock.now,
    log: lines as never,
    ...options,
  });
  return { store, lines: lines.lines, clock };
}

/** All keys and values, as `key=value`. */
export function contents({ now }: KvStore, prefix = ""): string[] {
  return now.list(prefix).map(({ key, value }: Entry) => `${key}=${value}`);
}

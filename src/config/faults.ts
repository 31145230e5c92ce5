/** What is wrong with a configuration, collected so that an operator reads all of it at once. */
import { maskPassword } from "./names.js";
import { KEYS } from "./schema.js";

/** What stands in the place of a secret wherever a person may read it. */
export const HIDDEN = "[hidden]";

/** Enough of a value to recognise it by. */
const SHOWN_LENGTH = 160;

export class Faults {
  #found: { readonly key: string; readonly line: string }[] = [];

  /**
   * @param key the key's path, `masters`
   * @param value what was given; masked here if the key is secret
   * @param allowed completes "allowed: …"
   * @param at the place inside the value, `[1]`
   * @param variable the environment variable it came from, if it did
   */
  add(key: string, value: unknown, allowed: string, at = "", variable?: string): void {
    const line = `${placeOf(key, at, variable)}: got ${showValue(key, value)}; allowed: ${allowed}`;
    this.#found.push({ key, line });
  }

  /** True if a fault of `key` itself was found, so that rules between keys can leave it alone. */
  has(key: string): boolean {
    return this.#found.some((fault) => fault.key === key);
  }

  /** Takes back the faults of keys that are not used. @returns their lines */
  forgive(keys: readonly string[]): readonly string[] {
    const isForgiven = ({ key }: { readonly key: string }) => keys.includes(key);
    const forgiven = this.#found.filter(isForgiven);
    this.#found = this.#found.filter((fault) => !isForgiven(fault));
    return forgiven.map(({ line }) => line);
  }

  /** One line for each fault, in the order found. */
  get lines(): readonly string[] {
    return this.#found.map(({ line }) => line);
  }
}

/** Where in the configuration something stands. */
export function placeOf(key: string, at: string, variable?: string): string {
  return `${key}${at}${variable === undefined ? "" : ` (from ${variable})`}`;
}

function showValue(key: string, value: unknown): string {
  if (isSecret(key)) return value === "" ? '""' : HIDDEN;
  const shown = JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "string" ? maskPassword(inner) : inner,
  );
  return shown.length > SHOWN_LENGTH ? `${shown.slice(0, SHOWN_LENGTH)}…` : shown;
}

/** True for secret keys and for the objects that contain one. */
function isSecret(key: string): boolean {
  return Object.entries(KEYS).some(([path, spec]) => spec.sensitive && (path === key || path.startsWith(`${key}.`)));
}

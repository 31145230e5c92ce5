/** Collects the faults of a configuration, so that an operator sees all of them at once. */
import { maskPassword } from "./names.js";
import { KEYS } from "./schema.js";

/** Replaces a secret in everything that a person may read. */
export const HIDDEN = "[hidden]";

/** A message quotes at most this many characters of a value. */
const SHOWN_LENGTH = 160;

export class Faults {
  #found: { readonly key: string; readonly line: string }[] = [];

  /**
   * @param key the key's path, `masters`
   * @param value the given value; masked here if the key is secret
   * @param allowed completes "allowed: …"
   * @param at the position inside the value, such as `[1]`
   * @param variable the environment variable from which the value came, if any
   */
  add(key: string, value: unknown, allowed: string, at = "", variable?: string): void {
    const line = `${placeOf(key, at, variable)}: got ${showValue(key, value)}; allowed: ${allowed}`;
    this.#found.push({ key, line });
  }

  /** Whether `key` itself has a fault. Rules between keys then ignore it. */
  has(key: string): boolean {
    return this.#found.some((fault) => fault.key === key);
  }

  /** Removes the faults of keys that are not used. @returns their lines */
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

/** Names a place in the configuration. */
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

/** Whether a key is secret, or an object that contains a secret key. */
function isSecret(key: string): boolean {
  return Object.entries(KEYS).some(([path, spec]) => spec.sensitive && (path === key || path.startsWith(`${key}.`)));
}

import { MesosDnsError } from "../../../base/errors.js";
import type { Rule } from "./rule.js";

/** The rules of all apps, kept in a file or in ZooKeeper. */
export interface RulesStore {
  /** Those that are known: the last ones, while they cannot be read. Another map after each change. */
  rules(): ReadonlyMap<string, Rule>;
  /** Why they may not be the current ones; `undefined` if they are. */
  readonly failure: MesosDnsError | undefined;
  /** Stores a rule, in place of the app's former one. Then `rules` has it. Rejects with a MesosDnsError LB_RULES_…. */
  put(rule: Rule): Promise<void>;
  /** Resolves to `false` if there is none. Rejects like `put`. */
  remove(id: string): Promise<boolean>;
  /** Calls back after rules have changed, whoever has done it. Returns what ends that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** How many rules there may be. */
export const MAX_RULES = 10_000;
/** The longest id of an app, in characters. */
export const MAX_ID = 1_024;

export function tooManyRules(): MesosDnsError {
  return new MesosDnsError(
    "LB_RULES_UNWRITABLE",
    `the rule is not stored: there are ${MAX_RULES} already; delete some`,
  );
}

/** Who wants to know of changes. */
export class Listeners {
  readonly #all = new Set<() => void>();

  add(listener: () => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(): void {
    for (const listener of this.#all) listener();
  }
}

/** Compares configurations, to apply a changed one to a running server. */
import type { Config } from "./config.js";
import { deepFreeze } from "./load.js";
import { KEY_PATHS, KEYS } from "./schema.js";

export interface ChangedKeys {
  /** Keys that are applied while the server runs. */
  readonly live: readonly (keyof Config)[];
  /** Keys that need a restart. */
  readonly restart: readonly (keyof Config)[];
}

const RESTART = new Set<string>(KEY_PATHS.filter((path) => KEYS[path].reload === "restart"));

/** Keys of which the server reads nothing. */
const FOREIGN = new Set<string>(
  KEY_PATHS.map((path) => path.split(".")[0] as string).filter((key) =>
    KEY_PATHS.every((path) => path.split(".")[0] !== key || KEYS[path].reload === "node"),
  ),
);

/** The keys whose effective values differ, in the order of `after`. */
export function changedKeys(before: Config, after: Config): ChangedKeys {
  const changed = (Object.keys(after) as (keyof Config)[]).filter(
    (key) => !FOREIGN.has(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  return {
    live: changed.filter((key) => !RESTART.has(key)),
    restart: changed.filter((key) => RESTART.has(key)),
  };
}

/** `after`, with the values of `before` for keys that need a restart. */
export function applyLive(before: Config, after: Config): Config {
  const kept = Object.entries(before).filter(([key]) => RESTART.has(key));
  return deepFreeze({ ...after, ...Object.fromEntries(kept) });
}

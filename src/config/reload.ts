/** What a changed configuration means for a running server. */
import type { Config } from "./config.js";
import { deepFreeze } from "./load.js";
import { KEY_PATHS, KEYS } from "./schema.js";

export interface ChangedKeys {
  /** Applied while running. */
  readonly live: readonly (keyof Config)[];
  /** Fixed when the sockets were opened. */
  readonly restart: readonly (keyof Config)[];
}

const RESTART = new Set<string>(KEY_PATHS.filter((path) => KEYS[path].reload === "restart"));

/** The keys whose effective value differs, in the order of `after`. */
export function changedKeys(before: Config, after: Config): ChangedKeys {
  const changed = (Object.keys(after) as (keyof Config)[]).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  return {
    live: changed.filter((key) => !RESTART.has(key)),
    restart: changed.filter((key) => RESTART.has(key)),
  };
}

/** `after`, but for the keys that need a restart, which stay as in `before`. */
export function applyLive(before: Config, after: Config): Config {
  const kept = Object.entries(before).filter(([key]) => RESTART.has(key));
  return deepFreeze({ ...after, ...Object.fromEntries(kept) });
}

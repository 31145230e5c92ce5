import { BUILD_KEYS } from "../build/build-config.js";
import { differIn, type KeysOf } from "../config/slices.js";
import { SOURCE_KEYS } from "../sources/mesos/source-config.js";
import type { BuilderConfig } from "./messages.js";

const BUILDER_KEYS: KeysOf<BuilderConfig> = {
  ...BUILD_KEYS,
  ...SOURCE_KEYS,
  stateDir: true,
  stateMaxAgeSeconds: true,
  healthChecks: true,
};

/** Whether a configuration is another one to the builder, which it may cost all records anew. */
export function isNewToBuilder(before: BuilderConfig, after: BuilderConfig): boolean {
  return differIn(BUILDER_KEYS, before, after);
}

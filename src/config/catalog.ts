import type { Config } from "./config.js";

/** Whether the catalogue of services is kept: where the configuration says so, or something reads it. */
export function keepsCatalog({ catalog }: Pick<Config, "catalog">): boolean {
  // Nothing but the HTTP API reads it, which is no reason to pay for it.
  return catalog === true;
}

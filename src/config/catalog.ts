import type { Config } from "./config.js";

/** Whether the catalogue of services is kept. `auto` keeps it if something needs it. */
export function keepsCatalog({ catalog }: Pick<Config, "catalog">): boolean {
  // So far only the HTTP API reads it, and that alone does not justify its cost. So `auto` means no.
  return catalog === true;
}

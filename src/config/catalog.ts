import type { Config } from "./config.js";

/** Whether the catalogue of services is kept. `auto` keeps it if something of this server needs it. */
export function keepsCatalog({ catalog }: Pick<Config, "catalog">): boolean {
  // So far only the HTTP API reads it, and that alone does not justify its cost. So `auto` means no, as `false` does for good.
  return catalog === true;
}

/** Whether more is read of tasks and agents than their records need: labels, mappings of ports, and what statuses say. */
export function readsFacts(config: Pick<Config, "catalog" | "vips" | "consul">): boolean {
  return keepsCatalog(config) || config.vips.names || config.consul.enabled;
}

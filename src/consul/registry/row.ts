import type { MetaPair, Registration } from "./model.js";

/** What is said of an instance, but for its id, its node and its check: short text, of which the main thread makes all answers. */
export type Row = Omit<Registration, "wishedId">;

type Written = readonly [
  name: string,
  tags: readonly string[],
  address: string,
  ipv4: string | null,
  ipv6: string | null,
  port: number,
  meta: readonly MetaPair[],
];

/** An instance has changed in the catalogue if its row has. */
export function rowText({ name, tags, address, ipv4, ipv6, port, meta }: Row): string {
  return JSON.stringify([name, tags, address, ipv4 ?? null, ipv6 ?? null, port, meta] satisfies Written);
}

/** @param text as rowText() has made it */
export function readRow(text: string): Row {
  const [name, tags, address, ipv4, ipv6, port, meta] = JSON.parse(text) as Written;
  return { name, tags, address, ipv4: ipv4 ?? undefined, ipv6: ipv6 ?? undefined, port, meta };
}

import { NetworkList } from "../base/network-list.js";
import { LOG_RCODES, logTypeOf, type QueryLogSettings } from "../config/query-log.js";
import { encodeName } from "../wire/names.js";
import type { Query } from "../wire/query.js";

export type FilterSettings = Pick<QueryLogSettings, "sample" | "names" | "types" | "rcodes" | "clients">;
type Question = Pick<Query, "type" | "name" | "nameLength" | "labels" | "labelAt">;

/** Decides which queries are logged: cheapest question first. */
export class LogFilter {
  readonly #sample: number;
  readonly #random: () => number;
  readonly #types: ReadonlySet<number> | undefined;
  readonly #rcodes: ReadonlySet<number> | undefined;
  readonly #clients: NetworkList | undefined;
  readonly #zones: readonly Uint8Array[];

  /** @param random from 0 up to but not including 1 */
  constructor({ sample, names, types, rcodes, clients }: FilterSettings, random: () => number) {
    this.#sample = sample;
    this.#random = random;
    this.#types = types.length === 0 ? undefined : new Set(types.map((name) => logTypeOf(name) ?? 0));
    this.#rcodes = rcodes.length === 0 ? undefined : new Set(rcodes.map((name) => LOG_RCODES.get(name) ?? 0));
    this.#clients = clients.length === 0 ? undefined : new NetworkList(clients);
    this.#zones = names.map((name) => encodeName(name));
  }

  wants(question: Question, rcode: number, client: Uint8Array): boolean {
    if (this.#types?.has(question.type) === false) return false;
    if (this.#rcodes?.has(rcode) === false) return false;
    if (this.#sample < 1 && this.#random() >= this.#sample) return false;
    if (this.#zones.length > 0 && !this.#zones.some((zone) => isInZone(question, zone))) return false;
    return this.#clients?.includes(client) !== false;
  }
}

/** @param zone in wire form, lower case */
function isInZone({ name, nameLength, labels, labelAt }: Question, zone: Uint8Array): boolean {
  const start = nameLength - zone.length;
  if (start < 0) return false;
  for (let i = 0; i < zone.length; i++) if (name[start + i] !== zone[i]) return false;
  // The same octets may begin in the middle of a label.
  if (start === nameLength - 1) return true;
  for (let i = 0; i < labels; i++) if (labelAt[i] === start) return true;
  return false;
}

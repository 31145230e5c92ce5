import { hashName, MAX_NAME } from "../wire/names.js";
import type { ApexRecords } from "../zone/apex.js";
import type { Snapshot } from "../zone/snapshot.js";

const MAX_LABELS = 128;
const ASTERISK = 0x2a;

/** A name in lower-case wire form, and where its labels are: a query's, or one that is looked for. */
export interface NameParts {
  readonly name: Uint8Array;
  readonly nameLength: number;
  /** Number of labels without the root, and the index of each in `name`. */
  readonly labels: number;
  readonly labelAt: Uint8Array;
}

/** The name alone. Shares the memory. */
export function wireName({ name, nameLength }: NameParts): Uint8Array {
  return name.subarray(0, nameLength);
}

/** The zone that a name is in, of several the one with the longest name; undefined if there is none. */
export function closestZone({ zones }: Snapshot, name: NameParts): ApexRecords | undefined {
  let closest: ApexRecords | undefined;
  for (let i = 0; i < zones.length; i++) {
    const zone = zones[i];
    if (zone.apex.scattered || (closest && zone.labels <= closest.labels)) continue;
    if (isInside(name, zone)) closest = zone;
  }
  return closest;
}

function isInside({ name, nameLength, labels, labelAt }: NameParts, zone: ApexRecords): boolean {
  if (labels < zone.labels) return false;
  const at = labelAt[labels - zone.labels];
  if (nameLength - at !== zone.name.length) return false;
  for (let i = 0; i < zone.name.length; i++) if (name[at + i] !== zone.name[i]) return false;
  return true;
}

/** A name on its way through the zones: the question's at first, then those that it is an alias of. Allocates nothing. */
export class SoughtName implements NameParts {
  readonly name = new Uint8Array(MAX_NAME + 1);
  nameLength = 0;
  labels = 0;
  readonly labelAt = new Uint8Array(MAX_LABELS);
  /** The index of the name in the message that is written. */
  place = 0;
  readonly #scratch = new Uint8Array(MAX_NAME + 3);
  readonly #words = new Uint32Array(this.#scratch.buffer, 0, (MAX_NAME + 1) / 4);

  /** Sets the name to the lower-case one at `from[at]`. */
  set(from: Uint8Array, at: number, place: number): void {
    const { name, labelAt } = this;
    let size = 0;
    let labels = 0;
    for (;;) {
      const label = from[at + size];
      labelAt[labels] = size;
      for (const end = size + label; size <= end; size++) name[size] = from[at + size];
      if (label === 0) break;
      labels++;
    }
    this.nameLength = size;
    this.labels = labels;
    this.place = place;
  }

  /** The entry of the name from this label on, counted from 0; or 0. */
  find(snapshot: Snapshot, label: number): number {
    return this.#look(snapshot, label, 0);
  }

  /** The entry of the wildcard directly below the name from this label on; or 0. */
  findWildcard(snapshot: Snapshot, label: number): number {
    this.#scratch[0] = 1;
    this.#scratch[1] = ASTERISK;
    return this.#look(snapshot, label, 2);
  }

  /** @param ahead octets that stand in front already */
  #look(snapshot: Snapshot, label: number, ahead: number): number {
    const { name } = this;
    const scratch = this.#scratch;
    let size = ahead;
    for (let i = this.labelAt[label]; i < this.nameLength; i++) scratch[size++] = name[i];
    if (size > MAX_NAME) return 0;
    const hash = hashName(scratch, 0, size, snapshot.seed) | 0;
    for (let i = size; (i & 3) !== 0; i++) scratch[i] = 0;
    return snapshot.find(this.#words, 0, size, hash);
  }
}

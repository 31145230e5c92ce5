import { WORD } from "../wire/names.js";
import { type ColumnMemory, grown, type NameColumns } from "./columns.js";

/**
 * What answers have to know of a name beside its records: whether there is a wildcard directly below it, whether it is delegated,
 * and whether it lies below a delegated name. In an entry they are flags (`layout.ts`).
 */
export const MARK = { WILDCARD: 1, CUT: 2, BELOW_CUT: 4 } as const;

const ASTERISK = 0x2a;

/** The names of a zone, each with those above it. */
export interface NameTree {
  readonly names: NameColumns & { readonly count: number };
  /** By name: 1 if it is in the zone. */
  readonly exists: Uint8Array;
  readonly apexNumber: number;
  /** The name without its first label. */
  parentOf(number: number): number;
  /** Is told that the entry of a name has changed. */
  touch(number: number): void;
}

/** The marks of a zone's names, in shared memory. */
export class NameMarks {
  /** By name. */
  octets: Uint8Array;
  #cuts = 0;
  readonly #memory: ColumnMemory;
  readonly #tree: NameTree;

  constructor(memory: ColumnMemory, capacity: number, tree: NameTree) {
    this.#memory = memory;
    this.#tree = tree;
    this.octets = memory.octets(capacity);
  }

  clear(): void {
    this.octets.fill(0);
    this.#cuts = 0;
  }

  grow(capacity: number): void {
    this.octets = grown(this.octets, this.#memory.octets(capacity));
  }

  /** Call this when a name has been added to the zone. */
  enter(name: number, parent: number): void {
    if (isWildcard(this.#tree.names, name)) this.#mark(parent, MARK.WILDCARD, true);
    if (this.#cuts > 0) this.#shade(name);
  }

  /** Call this when a name has been removed. */
  leave(name: number, parent: number): void {
    this.octets[name] = 0;
    if (isWildcard(this.#tree.names, name)) this.#mark(parent, MARK.WILDCARD, false);
  }

  /** Delegates a name, or takes that back, which changes the entries of all names below it. */
  cut(number: number, isCut: boolean): void {
    const { names, exists } = this.#tree;
    this.#cuts += isCut ? 1 : -1;
    this.#mark(number, MARK.CUT, isCut);
    for (let name = 0; name < names.count; name++)
      if (exists[name] === 1 && isBelow(names, name, number)) this.#shade(name);
  }

  /** Marks a name if it lies below a delegated one. */
  #shade(number: number): void {
    const { apexNumber } = this.#tree;
    let above = number;
    while (above !== apexNumber) {
      above = this.#tree.parentOf(above);
      if ((this.octets[above] & MARK.CUT) !== 0) break;
    }
    this.#mark(number, MARK.BELOW_CUT, above !== apexNumber);
  }

  #mark(number: number, mark: number, isSet: boolean): void {
    const marks = isSet ? this.octets[number] | mark : this.octets[number] & ~mark;
    if (marks === this.octets[number]) return;
    this.octets[number] = marks;
    this.#tree.touch(number);
  }
}

/** Whether the first label of a name is the asterisk alone (RFC 4592 §2.1.1). */
function isWildcard({ octets, at }: NameColumns, name: number): boolean {
  const start = at[name] * WORD;
  return octets[start] === 1 && octets[start + 1] === ASTERISK;
}

/** Whether a name lies below another one. */
function isBelow({ octets, at, size }: NameColumns, name: number, above: number): boolean {
  const skip = size[name] - size[above];
  if (skip <= 0) return false;
  const start = at[name] * WORD;
  let label = start;
  while (label < start + skip) label += octets[label] + 1;
  if (label !== start + skip) return false;
  const other = at[above] * WORD;
  for (let i = 0; i < size[above]; i++) if (octets[label + i] !== octets[other + i]) return false;
  return true;
}

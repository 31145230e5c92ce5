import { decodeName, WORD } from "../wire/names.js";
import { TYPE } from "../wire/protocol.js";
import { KIND, kindIn, portIn, RECORD, type RecordColumns, STANDBY } from "./columns.js";
import { MARK } from "./name-marks.js";

/** The types of records by their kind. */
const TYPES = {
  [KIND.A]: TYPE.A,
  [KIND.AAAA]: TYPE.AAAA,
  [KIND.SRV]: TYPE.SRV,
  [KIND.PTR]: TYPE.PTR,
  [KIND.TXT]: TYPE.TXT,
};

function typeIn(cells: Uint32Array, record: number): number {
  const kind = kindIn(cells, record);
  return kind === KIND.PREPARED ? portIn(cells, record) : TYPES[(kind % STANDBY) as keyof typeof TYPES];
}

/**
 * Removes the records of a name that what the operator has written hides: those of the same type, all beside a CNAME, and all of
 * a delegated name and below it, where nothing but NS and glue is this zone's. Puts the written sets behind the others.
 *
 * @param found the name's other records: the first `count` of the list, which has room for all
 * @param written the prepared sets, at most one of a type
 * @returns how many there are then
 */
export function writtenFirst(
  found: Uint32Array,
  count: number,
  written: readonly number[],
  cells: Uint32Array,
  marks: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) if (!isHidden(cells, found[i], written, marks)) found[kept++] = found[i];
  const shown = written.filter((set) => isShown(portIn(cells, set), marks));
  for (const set of shown.sort((a, b) => portIn(cells, a) - portIn(cells, b))) found[kept++] = set;
  return kept;
}

function isHidden(cells: Uint32Array, record: number, written: readonly number[], marks: number): boolean {
  if ((marks & (MARK.CUT | MARK.BELOW_CUT)) !== 0) return true;
  const type = typeIn(cells, record);
  return written.some((set) => portIn(cells, set) === type || portIn(cells, set) === TYPE.CNAME);
}

/** Whether a written set is published under a name with these marks. */
function isShown(type: number, marks: number): boolean {
  if ((marks & (MARK.CUT | MARK.BELOW_CUT)) === 0) return true;
  const isGlue = type === TYPE.A || type === TYPE.AAAA;
  return isGlue || (type === TYPE.NS && (marks & MARK.BELOW_CUT) === 0);
}

/** Records that a prepared set, or a delegation, hides. */
export interface HiddenRecords {
  /** Without the final dot. */
  readonly name: string;
  readonly types: readonly number[];
}

/** The names of a zone whose records are hidden. */
export class HidingNames {
  readonly #numbers = new Set<number>();

  get count(): number {
    return this.#numbers.size;
  }

  clear(): void {
    this.#numbers.clear();
  }

  /** Looks at these names anew. */
  note(records: RecordColumns, changed: readonly number[]): void {
    for (const name of changed) {
      if (hiddenTypes(records, name).length > 0) this.#numbers.add(name);
      else this.#numbers.delete(name);
    }
  }

  list(records: RecordColumns): readonly HiddenRecords[] {
    const { octets, at } = records.names;
    const textOf = (name: number) => decodeName(octets, at[name] * WORD).slice(0, -1);
    return Array.from(this.#numbers, (name) => ({ name: textOf(name), types: hiddenTypes(records, name) }));
  }
}

/** The types of a name's records that are hidden by what the operator has written. */
function hiddenTypes({ cells, head, marks }: RecordColumns, name: number): readonly number[] {
  const written: number[] = [];
  const others: number[] = [];
  for (let record = head[name]; record !== 0; record = cells[record + RECORD.NEXT])
    (kindIn(cells, record) === KIND.PREPARED ? written : others).push(record);
  const hidden = others.filter((record) => isHidden(cells, record, written, marks[name]));
  return [...new Set(hidden.map((record) => typeIn(cells, record)))].sort((a, b) => a - b);
}

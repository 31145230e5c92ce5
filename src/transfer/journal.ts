import { RECORD_FIXED } from "../wire/protocol.js";

/** The difference between two versions of a zone. */
export interface Difference {
  /** Records in wire form without compression, one after the other. */
  readonly deleted: Uint8Array;
  readonly added: Uint8Array;
  /** The number of records in each. */
  readonly counts: { readonly deleted: number; readonly added: number };
}

/** The difference between one version of a zone and the next. */
export interface Step extends Difference {
  /** The serial of each. */
  readonly from: number;
  readonly to: number;
  /** The SOA record of the version before, in wire form: not only its serial may have changed. */
  readonly soa: Uint8Array;
}

/** What a step takes beside its records. */
const STEP_BYTES = 200;

/** How much the journals of all zones may hold together. */
export interface JournalLimits {
  readonly bytes: number;
  readonly steps: number;
}

/** The last steps of all zones. The oldest ones go first when there are too many. */
export class Journal {
  #limits: JournalLimits;
  readonly #zones = new Map<string, Step[]>();
  /** The zones of all steps, the oldest first. */
  #order: string[] = [];
  #bytes = 0;

  constructor(limits: JournalLimits) {
    this.#limits = limits;
  }

  configure(limits: JournalLimits): void {
    this.#limits = limits;
    this.#shrink();
  }

  /** Memory of all steps. */
  get bytes(): number {
    return this.#bytes;
  }

  steps(zone: string): readonly Step[] {
    return this.#zones.get(zone) ?? [];
  }

  /** Adds a step. If it does not begin where the last one ended, nothing before it can be used. */
  add(zone: string, step: Step): void {
    const last = this.#zones.get(zone)?.at(-1);
    if (last && last.to !== step.from) this.forget(zone);
    const steps = this.#zones.get(zone) ?? [];
    steps.push(step);
    this.#zones.set(zone, steps);
    this.#order.push(zone);
    this.#bytes += bytesOf(step);
    this.#shrink();
  }

  /** Forgets the steps of a zone: what is known of its versions is not certain. */
  forget(zone: string): void {
    for (const step of this.steps(zone)) this.#bytes -= bytesOf(step);
    this.#zones.delete(zone);
    this.#order = this.#order.filter((each) => each !== zone);
  }

  /** The steps from the version with this serial to the last one; `undefined` if the journal does not have all of them. */
  since(zone: string, serial: number): readonly Step[] | undefined {
    const steps = this.steps(zone);
    const first = steps.findLastIndex(({ from }) => from === serial);
    return first < 0 ? undefined : steps.slice(first);
  }

  #shrink(): void {
    const { bytes, steps } = this.#limits;
    let gone = 0;
    while (gone < this.#order.length && (this.#bytes > bytes || this.#order.length - gone > steps)) {
      const step = this.#zones.get(this.#order[gone++])?.shift();
      if (step) this.#bytes -= bytesOf(step);
    }
    if (gone > 0) this.#order.splice(0, gone);
  }
}

function bytesOf({ soa, deleted, added }: Step): number {
  return STEP_BYTES + soa.length + deleted.length + added.length;
}

const DELETED = 1;
const ADDED = 2;

/**
 * All steps as one difference (RFC 1995 §5 allows it). It does not mention what was added and went again, or what went and came back.
 *
 * @param steps each begins where the one before ends
 */
export function condense(steps: readonly Step[]): Difference {
  if (steps.length === 1) return steps[0];
  /** By record, as text with one character an octet: what the first and the last step did with it. */
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  const note = (records: Uint8Array, what: number) => {
    for (const record of recordsIn(records)) {
      const text = Buffer.from(record.buffer, record.byteOffset, record.length).toString("latin1");
      if (!first.has(text)) first.set(text, what);
      last.set(text, what);
    }
  };
  for (const { deleted, added } of steps) {
    note(deleted, DELETED);
    note(added, ADDED);
  }
  const deleted: string[] = [];
  const added: string[] = [];
  // What was deleted first was there at the beginning. What was added last is there at the end.
  for (const [text, at] of first) {
    if (at === DELETED && last.get(text) === DELETED) deleted.push(text);
    if (at === ADDED && last.get(text) === ADDED) added.push(text);
  }
  return differenceOf(deleted, added);
}

/** @param deleted records as text with one character an octet */
export function differenceOf(deleted: readonly string[], added: readonly string[]): Difference {
  const counts = { deleted: deleted.length, added: added.length };
  return { deleted: octetsOf(deleted), added: octetsOf(added), counts };
}

export const NO_DIFFERENCE: Difference = differenceOf([], []);

function octetsOf(records: readonly string[]): Uint8Array {
  return Buffer.from(records.join(""), "latin1");
}

/** The records in wire form that stand one after the other. Each shares their memory. */
export function* recordsIn(octets: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < octets.length; ) {
    const end = recordEnd(octets, at);
    yield octets.subarray(at, end);
    at = end;
  }
}

/** The index of the octet behind the record at `start`, whose owner is not compressed. */
export function recordEnd(octets: Uint8Array, start: number): number {
  let at = start;
  while (octets[at] !== 0) at += octets[at] + 1;
  const fixed = at + 1;
  return fixed + RECORD_FIXED + ((octets[fixed + 8] << 8) | octets[fixed + 9]);
}

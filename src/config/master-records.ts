/** Reads the records of a master file (RFC 1035 section 5.1, RFC 2308 section 4) as those of the key `records`. */
import { type MasterEntry, type MasterFault, masterEntries } from "./master-words.js";
import { readRecordName } from "./names.js";
import { allowedTypes, dataOf, MAX_TTL, readStaticType, STATIC_TYPES, type Word } from "./record-data.js";
import { type GivenRecord, MAX_RECORDS } from "./static-records.js";

const TYPES = `one of the types ${STATIC_TYPES.join(", ")}`;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const TTL = /^\d{1,10}(?:[smhdw]\d{1,10})*[smhdw]?$/i;
const CLASSES: ReadonlySet<string> = new Set(["IN", "CH", "HS", "CS", "ANY"]);
/** Where the name that a record points to stands among its words. */
const NAME_AT: Readonly<Record<string, number>> = { CNAME: 0, NS: 0, MX: 1, SRV: 3 };

/** @param domain the origin until the file sets another one */
export function masterRecords(
  text: string,
  domain: string,
): { readonly records: readonly GivenRecord[]; readonly faults: readonly MasterFault[] } {
  const { entries, faults } = masterEntries(text);
  const reader = new MasterReader(`${domain}.`);
  const records: GivenRecord[] = [];
  for (const entry of entries) {
    const record = reader.read(entry);
    if (record) records.push(record);
    // One too many is a fault already. Looking at a million takes long.
    if (records.length + reader.faults.length > MAX_RECORDS) break;
  }
  return { records, faults: [...faults, ...reader.faults].sort((a, b) => a.line - b.line) };
}

class MasterReader {
  readonly faults: MasterFault[] = [];
  #origin: string;
  #owner: string | undefined;
  #ttl: number | undefined;
  #lastTtl: number | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  read(entry: MasterEntry): GivenRecord | undefined {
    const [first] = entry.words;
    const isDirective = !entry.isIndented && first?.quoted === false && first.text.startsWith("$");
    return isDirective ? this.#directive(entry) : this.#record(entry);
  }

  #fault(line: number, got: string, allowed: string): undefined {
    this.faults.push({ line, got, allowed });
    return undefined;
  }

  #directive({ line, words }: MasterEntry): undefined {
    const [name = "", value = "", ...rest] = words.map(({ text }) => text);
    const shown = [name, value, ...rest].join(" ").trim();
    if (name.toUpperCase() === "$ORIGIN") {
      const origin = this.#complete(value);
      if (origin === undefined || rest.length > 0) return this.#fault(line, shown, "$ORIGIN and a name");
      this.#origin = origin;
    } else if (name.toUpperCase() === "$TTL") {
      const ttl = readTtl(value);
      if (ttl === undefined || rest.length > 0)
        return this.#fault(line, shown, "$TTL and seconds, or a time such as 1h30m");
      this.#ttl = ttl;
    } else return this.#fault(line, shown, "$ORIGIN and $TTL; other directives are not supported");
    return undefined;
  }

  #record({ line, isIndented, words }: MasterEntry): GivenRecord | undefined {
    const rest = [...words];
    if (!isIndented) {
      const given = rest.shift()?.text ?? "";
      const owner = this.#complete(given);
      // Those that follow without an owner must not get the one before.
      this.#owner = owner;
      if (owner === undefined)
        return this.#fault(line, given, "a name as owner, such as www, *.lb, @ or www.example.com.");
    }
    const owner = this.#owner;
    if (owner === undefined) return isIndented ? this.#fault(line, "no owner", "an owner in a line before") : undefined;
    const ttl = this.#ttlAndClass(line, rest);
    if (ttl === "faulty") return undefined;
    const given = rest.shift()?.text ?? "";
    const type = readStaticType(given);
    if (type === undefined) return this.#fault(line, given, allowedTypes(given, TYPES));
    const { text, allowed } = dataOf(type, this.#withName(rest, NAME_AT[type]));
    if (text === undefined) return this.#fault(line, rest.map((word) => word.text).join(" "), allowed);
    const values = [{ at: "", value: text }];
    return { at: `, line ${line}`, name: owner, type, ...(ttl !== undefined && { ttl }), policy: "simple", values };
  }

  /** Takes the TTL and the class off a record's words, in either order. */
  #ttlAndClass(line: number, rest: Word[]): number | undefined | "faulty" {
    let own: number | undefined;
    for (let i = 0; i < 2; i++) {
      const text = rest[0]?.text ?? "";
      if (CLASSES.has(text.toUpperCase())) {
        if (text.toUpperCase() !== "IN") return this.#fault(line, text, "class IN") ?? "faulty";
      } else if (own === undefined && /^\d/.test(text)) {
        own = readTtl(text);
        if (own === undefined) return this.#fault(line, text, `a TTL from 0 to ${MAX_TTL} seconds`) ?? "faulty";
      } else break;
      rest.shift();
    }
    if (own !== undefined) this.#lastTtl = own;
    return own ?? this.#ttl ?? this.#lastTtl;
  }

  /** The words, the one at index `at` as a complete name if it is one. */
  #withName(words: readonly Word[], at: number | undefined): readonly Word[] {
    return words.map((word, i) => (i === at ? { ...word, text: this.#complete(word.text) ?? word.text } : word));
  }

  /** A name with its final dot; `undefined` if it is none. */
  #complete(text: string): string | undefined {
    if (text === "@") return this.#origin;
    if (text === ".") return text;
    const name = readRecordName(text);
    if (name === undefined) return undefined;
    return text.endsWith(".") ? `${name}.` : `${name}.${this.#origin === "." ? "" : this.#origin}`;
  }
}

/** Seconds: a number, or numbers with units, such as `1h30m`. */
function readTtl(text: string): number | undefined {
  if (!TTL.test(text)) return undefined;
  const parts = Array.from(
    text.matchAll(/(\d+)([smhdw]?)/gi),
    ([, count, unit = ""]) => Number(count) * (UNITS[unit.toLowerCase()] ?? 1),
  );
  const seconds = parts.reduce((sum, part) => sum + part, 0);
  return seconds <= MAX_TTL ? seconds : undefined;
}

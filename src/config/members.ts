/** Formats for lists whose entries are objects, or strings that stand for one. */

import { isObject } from "../base/lenient.js";
import { readEntries } from "./entries.js";
import { type Findings, type Format, parseJsonOrText, within } from "./format.js";

interface EntriesOptions<T> {
  readonly entries: string;
  readonly entry: string;
  /** Reads an entry that is a string; `undefined` if it is refused. */
  readonly text: (text: string) => T | undefined;
  /** Reads an entry that is an object; `undefined` after at least one fault. */
  readonly object: (value: Readonly<Record<string, unknown>>, findings: Findings) => T | undefined;
  /** No two entries may have the same. */
  readonly identity: (entry: T) => string;
  readonly once: string;
}

/** A list of such entries. An environment variable has it as JSON, or its strings with commas between them. */
export function entriesOf<T>({
  entries,
  entry: allowedEntry,
  text,
  object,
  ...rest
}: EntriesOptions<T>): Format<readonly T[]> {
  const allowed = `a list of ${entries}`;
  const read = (entry: unknown, findings: Findings) => {
    if (isObject(entry)) return object(entry, findings);
    const parsed = typeof entry === "string" ? text(entry) : undefined;
    if (parsed === undefined) findings.fault("", entry, allowedEntry);
    return parsed;
  };
  return {
    allowed,
    fromText: (line) => {
      const value = parseJsonOrText(line);
      if (typeof value === "object") return value;
      return line.trim() === "" ? [] : line.split(",").map((entry) => entry.trim());
    },
    read(value, findings) {
      if (Array.isArray(value)) return readEntries(value, { read, ...rest }, findings);
      findings.fault("", value, allowed);
      return undefined;
    },
  };
}

/** A format for each member of an object. */
type Formats<T> = { readonly [Name in keyof T]-?: Format<Exclude<T[Name], undefined>> };

/**
 * Reads the members of an object, whatever the letter case of their names; one that is null is absent. One that is not known is a
 * fault: without it, an entry might mean more than its author thinks.
 *
 * @returns `undefined` after at least one fault
 */
export function readMembers<T extends object>(
  value: Readonly<Record<string, unknown>>,
  formats: Formats<T>,
  findings: Findings,
): Partial<T> | undefined {
  const names = new Map(Object.keys(formats).map((name) => [name.toLowerCase(), name as keyof T & string]));
  const members: Partial<T> = {};
  let faulty = false;
  for (const [written, member] of Object.entries(value)) {
    const name = names.get(written.toLowerCase());
    const at = `.${name ?? written}`;
    if (name === undefined) findings.fault(at, member, `${[...names.values()].join(", ")}, and no other name`);
    else if (member === null) continue;
    else members[name] = formats[name].read(member, within(at, findings));
    faulty ||= name === undefined || members[name] === undefined;
  }
  return faulty ? undefined : members;
}

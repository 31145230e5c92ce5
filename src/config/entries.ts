import { type Findings, within } from "./format.js";

export interface EntryReader<T> {
  /** Reads an entry; `undefined` after at least one fault. */
  readonly read: (entry: unknown, findings: Findings) => T | undefined;
  /** No two entries may have the same. */
  readonly identity: (entry: T) => string;
  /** What is allowed instead of an entry that repeats another; absent if it is dropped with a remark. */
  readonly once?: string;
}

/** Reads the entries of a list, each by itself. Returns `undefined` after at least one fault. */
export function readEntries<T>(
  entries: readonly unknown[],
  { read, identity, once }: EntryReader<T>,
  findings: Findings,
): readonly T[] | undefined {
  const known = new Map<string, T>();
  let faulty = false;
  entries.forEach((entry, index) => {
    const own = within(`[${index}]`, findings);
    const parsed = read(entry, own);
    const isRepeated = parsed !== undefined && known.has(identity(parsed));
    if (isRepeated && once === undefined) own.remark("", `${JSON.stringify(entry)} stands twice, and is taken once`);
    else if (isRepeated) own.fault("", entry, once as string);
    else if (parsed !== undefined) known.set(identity(parsed), parsed);
    faulty ||= parsed === undefined || (isRepeated && once !== undefined);
  });
  return faulty ? undefined : [...known.values()];
}

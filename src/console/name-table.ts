import { firstEntry, nameAt, rrsetCount, type Shard, type Snapshot } from "../zone/snapshot.js";
import { LINE, Needle } from "./needle.js";
import type { Listed, Page } from "./questions.js";
import { Ranked } from "./ranked.js";

/** Sorting more names takes too long: they are then listed as they are stored. */
const MAX_SORTED = 20_000;
/** More names are not looked for: whoever finds so many has more to write. */
const MAX_FOUND = 50_000;

/** The names of a shard as lines. */
interface ShardNames {
  readonly shard: Shard;
  readonly text: string;
  readonly count: number;
}

/** The names of all zones that have records, as text, shard by shard: what has not changed is not read again. */
export class NameTable {
  #texts: ShardNames[] = [];

  /** Reads what has changed. The snapshot's memory is not needed afterwards. */
  follow({ shards }: Snapshot): void {
    this.#texts = shards.map((shard, index) => {
      const known = this.#texts[index];
      return known?.shard === shard ? known : namesIn(shard);
    });
  }

  /** A page of the names that match, dotted and without the final dot: the best matches first, then the shortest. */
  find(page: Page): Listed<string> {
    const needle = new Needle(page.text);
    if (needle.isEmpty) return this.#list(page);
    const found = new Ranked<string>({ offset: 0, limit: MAX_SORTED });
    let total = 0;
    for (const { text } of this.#texts) {
      needle.search(text, (start, end, rank) => {
        found.add(rank, () => text.slice(start, end));
        return ++total < MAX_FOUND;
      });
      if (total >= MAX_FOUND) break;
    }
    const { rows } = found.page(total > MAX_SORTED ? undefined : byLength);
    const { offset, limit } = page;
    return { rows: rows.slice(offset, offset + limit), total, ...(total >= MAX_FOUND && { isMore: true }) };
  }

  /**
   * The names, in whatever zone, that begin with one of these texts: those of the first text first, of each the shortest first.
   * @param limit at most so many for each text
   */
  beginningWith(starts: readonly string[], limit: number): string[] {
    const names = new Set<string>();
    for (const start of starts) {
      const found: string[] = [];
      for (const { text } of this.#texts) for (const name of linesBeginning(text, start)) found.push(name);
      for (const name of found.sort(byLength).slice(0, limit)) names.add(name);
    }
    return [...names];
  }

  #list({ offset, limit }: Page): Listed<string> {
    const total = this.#texts.reduce((sum, { count }) => sum + count, 0);
    const isSorted = total <= MAX_SORTED;
    const names: string[] = [];
    for (const { text } of this.#texts) {
      if (!isSorted && names.length >= offset + limit) break;
      for (const name of text.split(LINE)) if (name !== "") names.push(name);
    }
    if (isSorted) names.sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
    return { rows: names.slice(offset, offset + limit), total };
  }
}

/** Names of addresses are looked for by the address, and come behind the others. */
function rankOf(name: string): number {
  return name.endsWith(".arpa") ? 1 : 0;
}

/** A name that several tasks share is shorter than those of each. */
function byLength(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

function* linesBeginning(text: string, start: string): Generator<string> {
  // The first line has no LINE before it.
  if (text.startsWith(start)) yield text.slice(0, text.indexOf(LINE));
  const begin = `${LINE}${start}`;
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + 1))
    yield text.slice(at + 1, text.indexOf(LINE, at + 1));
}

function namesIn(shard: Shard): ShardNames {
  const { words, octets } = shard;
  const buffer = Buffer.from(octets.buffer);
  const names: string[] = [];
  let entry = firstEntry(words);
  for (let left = words[0]; left > 0; left--) {
    if (rrsetCount(words, entry) > 0) names.push(dotted(buffer, nameAt(words, entry)));
    entry += words[entry + 1];
  }
  const count = names.length;
  // One text at once: one that is added to is put together when it is searched for the first time.
  names.push("");
  return { shard, text: names.join(LINE), count };
}

/** A wire name as text, without the final dot. Some hundred thousand are read at once. */
function dotted(octets: Buffer, at: number): string {
  let text = "";
  for (let length = octets[at]; length > 0; length = octets[at]) {
    text += `${text === "" ? "" : "."}${octets.toString("utf8", at + 1, at + 1 + length)}`;
    at += length + 1;
  }
  return text;
}

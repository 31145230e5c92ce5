import { firstEntry, nameAt, rrsetCount, type Shard, type Snapshot } from "../zone/snapshot.js";
import { LINE, Needle } from "./needle.js";
import type { Listed, Page } from "./questions.js";
import { Ranked } from "./ranked.js";

/** Sorting more names takes too long: they are then listed as they are stored. */
const MAX_SORTED = 20_000;

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
    const all = this.#matches(needle, { offset: 0, limit: MAX_SORTED });
    if (all.total > MAX_SORTED) return this.#matches(needle, page);
    return { rows: all.rows.slice(page.offset, page.offset + page.limit), total: all.total };
  }

  #matches(needle: Needle, part: Pick<Page, "offset" | "limit">): Listed<string> {
    const found = new Ranked<string>(part);
    for (const { text } of this.#texts) {
      needle.search(text, (_, rank, start, end) => found.add(rank, () => text.slice(start, end)));
    }
    // A name that several tasks share is shorter than those of each.
    return found.page((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  #list({ offset, limit }: Page): Listed<string> {
    const total = this.#texts.reduce((sum, { count }) => sum + count, 0);
    const isSorted = total <= MAX_SORTED;
    const names: string[] = [];
    for (const { text } of this.#texts) {
      if (!isSorted && names.length >= offset + limit) break;
      for (const name of text.split(LINE)) if (name !== "") names.push(name);
    }
    if (isSorted) names.sort();
    return { rows: names.slice(offset, offset + limit), total };
  }
}

function namesIn(shard: Shard): ShardNames {
  const { words, octets } = shard;
  const buffer = Buffer.from(octets.buffer);
  let text = "";
  let count = 0;
  let entry = firstEntry(words);
  for (let left = words[0]; left > 0; left--) {
    if (rrsetCount(words, entry) > 0) {
      text += `${dotted(buffer, nameAt(words, entry))}${LINE}`;
      count++;
    }
    entry += words[entry + 1];
  }
  return { shard, text, count };
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

import type { Label } from "../../sources/mesos/facts/facts.js";
import type { MetaPair } from "./model.js";

/** What Registrator, marathon-consul and mesos-consul read from labels. A state has no environment: `SERVICE_…` are labels here. */

const PREFIX = "SERVICE_";
/** `SERVICE_8080_NAME`: of one port. */
const OF_PORT = /^SERVICE_(\d{1,5})_(.+)$/s;
/** What is no meta. */
const WORDS: ReadonlySet<string> = new Set(["NAME", "TAGS", "ID", "IGNORE"]);
export type Word = "NAME" | "TAGS" | "ID" | "IGNORE";

const MAX_META = 64;
const MAX_META_KEY = 128;
const MAX_META_VALUE = 512;
const MAX_TAGS = 128;
const MAX_TAG = 512;

/** The value of `SERVICE_<word>`; `undefined` if there is no such label. */
export function wordOf(labels: readonly Label[], word: Word): string | undefined {
  return labels.find(({ key }) => key === PREFIX + word)?.value;
}

/** The value of `SERVICE_<port>_<word>` for one of these ports. */
export function portWordOf(labels: readonly Label[], ports: readonly number[], word: Word): string | undefined {
  for (const port of ports) {
    const found = labels.find(({ key }) => key === `${PREFIX}${port}_${word}`);
    if (found) return found.value;
  }
  return undefined;
}

export function labelOf(labels: readonly Label[], key: string): string | undefined {
  return labels.find((label) => label.key === key)?.value;
}

/** Whether the labels ask for a service. */
export function namesService(labels: readonly Label[]): boolean {
  return labels.some(({ key }) => key === "consul" || key === "SERVICE_NAME" || key === "overrideTaskName");
}

/** `a,b\,c`: a comma behind a backslash is part of a tag. */
export function readTags(text: string): string[] {
  return text
    .split(/(?<!\\),/)
    .map((tag) => tag.replaceAll("\\,", ",").trim())
    .filter((tag) => tag !== "");
}

/** The tags in labels: Registrator's, mesos-consul's and marathon-consul's. @param own what stands in the place of Registrator's */
export function tagsIn(labels: readonly Label[], own = wordOf(labels, "TAGS")): string[] {
  const listed = [own, labelOf(labels, "tags")].flatMap((text) => readTags(text ?? ""));
  return [...listed, ...labels.filter(({ value }) => value === "tag").map(({ key }) => key)];
}

/** Each once, within limits. */
export function distinctTags(tags: readonly string[]): readonly string[] {
  return [...new Set(tags)].filter((tag) => tag.length <= MAX_TAG).slice(0, MAX_TAGS);
}

/** The other `SERVICE_…` labels as meta. @param ports those whose own labels count as well, over the others */
export function metaIn(labels: readonly Label[], ports: readonly number[] = []): Map<string, string> {
  const meta = new Map<string, string>();
  const ofPort = new Map<string, string>();
  for (const { key, value } of labels) {
    if (!key.startsWith(PREFIX)) continue;
    const [, port, rest] = OF_PORT.exec(key) ?? [];
    const word = rest ?? key.slice(PREFIX.length);
    if (WORDS.has(word) || word === "") continue;
    if (port === undefined) meta.set(word.toLowerCase(), value);
    else if (ports.includes(Number(port))) ofPort.set(word.toLowerCase(), value);
  }
  for (const [key, value] of ofPort) meta.set(key, value);
  return meta;
}

/**
 * Pairs within Consul's limits: keys of letters, digits, `_` and `-`, at most 64 pairs.
 *
 * @param own which are there in any case, over others with the same key
 */
export function metaOf(pairs: Iterable<MetaPair>, own: readonly MetaPair[]): readonly MetaPair[] {
  const meta = new Map<string, string>();
  const put = ([key, value]: MetaPair) =>
    meta.set(key.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, MAX_META_KEY), value.slice(0, MAX_META_VALUE));
  for (const pair of pairs) {
    if (meta.size === MAX_META - own.length) break;
    put(pair);
  }
  for (const pair of own) put(pair);
  return [...meta];
}

import { isNodeName, type NodeName } from "./layout.js";

const FORMAT = "mesos-dns keys 1";
/** About how many octets the commits before the last one may take. Who has missed more reads everything. */
const MAX_FORMER = 32_768;
/** Octets of what the last commit has changed. Of one that has changed more, everybody reads everything. */
const MAX_LAST = 98_304;

/** A node that a commit has changed; for one that it has removed, with the index of that. */
export type Touched = readonly [name: NodeName, removed?: number];

/** One transaction. */
export interface Commit {
  /** A UUID, by which its writer finds out whether it was done. */
  readonly id: string;
  /** The index before it. */
  readonly after: number;
  /** The index since. */
  readonly index: number;
  /** `undefined` if that is too much to say. */
  readonly touched: readonly Touched[] | undefined;
}

/**
 * What stands in the head. Every commit sets it, provided that nobody else has meanwhile: so commits of all servers have one order, each is
 * decided on what was there, and one watch tells a server of all changes.
 */
export interface Head {
  /** A UUID: indexes of another epoch have nothing to do with these. */
  readonly epoch: string;
  readonly index: number;
  /** The last ones, in order. */
  readonly commits: readonly Commit[];
}

/** Where a server stands. */
export type Position = Pick<Head, "epoch" | "index">;

export function isSame(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.index === b.index;
}

/** The commits between a position and the head; `undefined` if that cannot be told. */
export function commitsSince({ epoch, index, commits }: Head, since: Position): readonly Commit[] | undefined {
  if (since.epoch !== epoch || since.index > index) return undefined;
  const missed = commits.filter((commit) => commit.index > since.index);
  const [first] = missed;
  if (since.index === index) return [];
  return first && first.after <= since.index ? missed : undefined;
}

/** The head after a commit. */
export function headWith({ epoch, commits }: Head, commit: Commit): Head {
  const last = sizeOf(commit) <= MAX_LAST ? commit : { ...commit, touched: undefined };
  const kept: Commit[] = [last];
  let octets = 0;
  for (const former of [...commits].reverse()) {
    octets += sizeOf(former);
    if (octets > MAX_FORMER) break;
    kept.unshift(former);
  }
  return { epoch, index: commit.index, commits: kept };
}

function sizeOf(commit: Commit): number {
  return Buffer.byteLength(JSON.stringify(commit));
}

export function encodeHead(head: Head): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...head }));
}

/** `undefined` for data that this program has not written. */
export function decodeHead(data: Buffer): Head | undefined {
  let read: unknown;
  try {
    read = JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
  const { format, epoch, index, commits } = (read ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== FORMAT || typeof epoch !== "string" || !isIndex(index)) return undefined;
  return Array.isArray(commits) && commits.every(isCommit) ? { epoch, index, commits } : undefined;
}

function isCommit(value: unknown): value is Commit {
  const { id, after, index, touched } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || !isIndex(after) || !isIndex(index)) return false;
  return touched === undefined || (Array.isArray(touched) && touched.every(isTouched));
}

function isTouched(value: unknown): value is Touched {
  return Array.isArray(value) && isNodeName(value[0]) && (value[1] === undefined || isIndex(value[1]));
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

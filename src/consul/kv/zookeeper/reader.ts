import { type WritableConnection, ZooKeeperError } from "../../../sources/mesos/zookeeper/contract.js";
import { commitsSince, decodeHead, type Head, isSame, type Position } from "./head.js";
import { BUCKETS, DELAYS, decode, HEAD, type NodeName, pathOf, SESSIONS, type StoredChange } from "./layout.js";

/** How many nodes are read at a time. In between, the head is looked at for what others have changed meanwhile. */
const PORTION = 64;

/** The head, as it was read. */
export interface HeadNode {
  readonly head: Head;
  readonly version: number;
}

/** What was found at the moment of a head. */
export interface Reading extends HeadNode {
  /** Whether this is all there is, rather than what has changed. */
  readonly isWhole: boolean;
  /** The nodes that are there, by path; `undefined` for one that cannot be understood. */
  readonly found: ReadonlyMap<string, StoredChange | undefined>;
  /** The nodes that have been removed since, with the index of that. */
  readonly removed: ReadonlyMap<NodeName, number>;
}

/** Waits for an answer, but not for ever. */
export type Within = <T>(work: Promise<T>) => Promise<T>;

/**
 * Reads what has changed since a position; everything, if there is none or it is too long ago. What others change meanwhile is read again,
 * until all that was read is of one moment. Rejects with a ZooKeeperError, also if the head is missing or somebody else's.
 */
export class Reader {
  readonly #connection: WritableConnection;
  readonly #within: Within;

  constructor(connection: WritableConnection, within: Within) {
    this.#connection = connection;
    this.#within = within;
  }

  async head(): Promise<HeadNode> {
    const node = await this.#within(this.#connection.watched(HEAD));
    const head = node && decodeHead(node.data);
    if (node && head) return { head, version: node.version };
    throw new ZooKeeperError(node ? "ended" : "no-node", node ? `${HEAD} is not of this program` : `${HEAD} is gone`);
  }

  async read(start: HeadNode, since: Position | undefined): Promise<Reading> {
    for (let from = start, position = since; ; position = undefined, from = await this.head()) {
      const reading = await this.#try(from, position);
      if (reading) return reading;
    }
  }

  /** `undefined` if others have changed more than can be told. */
  async #try(start: HeadNode, since: Position | undefined): Promise<Reading | undefined> {
    const missed = since && commitsSince(start.head, since);
    const waiting = new Set<string>();
    const found = new Map<string, StoredChange | undefined>();
    const removed = new Map<NodeName, number>();
    const note = (commits: ReturnType<typeof commitsSince>): boolean => {
      for (const { touched } of commits ?? []) {
        if (!touched) return false;
        for (const [name, index] of touched) {
          const path = pathOf(name);
          // Anew, and so in the order of indexes.
          removed.delete(name);
          if (index !== undefined) removed.set(name, index);
          if (index === undefined) waiting.add(path);
          else waiting.delete(path);
        }
      }
      return commits !== undefined;
    };
    const isWhole = !note(missed);
    if (isWhole) for (const path of await this.#all()) waiting.add(path);
    for (let at = start; ; ) {
      const portion = [...waiting].slice(0, PORTION);
      for (const path of portion) waiting.delete(path);
      for (const [path, data] of await this.#nodes(portion)) found.set(path, decode(data));
      // What was read of one moment needs no second look.
      if (portion.length === 0 && waiting.size === 0) return { ...at, isWhole, found, removed };
      const next = await this.head();
      if (!isSame(next.head, at.head) && !note(commitsSince(next.head, at.head))) return undefined;
      at = next;
      if (waiting.size === 0) return { ...at, isWhole, found, removed };
    }
  }

  async #nodes(paths: readonly string[]): Promise<readonly (readonly [path: string, data: Buffer])[]> {
    const read = await this.#within(Promise.all(paths.map(async (path) => [path, await this.#data(path)] as const)));
    return read.flatMap(([path, data]) => (data ? [[path, data] as const] : []));
  }

  /** `undefined` if the node is gone: the head says so as well. */
  async #data(path: string): Promise<Buffer | undefined> {
    try {
      return Buffer.from(await this.#connection.data(path));
    } catch (error) {
      if (error instanceof ZooKeeperError && error.kind === "no-node") return undefined;
      throw error;
    }
  }

  /** The paths of all nodes. */
  async #all(): Promise<readonly string[]> {
    const folders = [...BUCKETS, SESSIONS, DELAYS];
    const all = await this.#within(
      Promise.all(folders.map(async (path) => (await this.#connection.names(path)).map((name) => `${path}/${name}`))),
    );
    return all.flat();
  }
}

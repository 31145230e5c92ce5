import type { WritableConnection, ZooKeeperConnection } from "../../../sources/mesos/zookeeper/contract.js";
import { ZooKeeperError } from "../../../sources/mesos/zookeeper/contract.js";
import { idOfZnode, type Rule, readRule } from "./rule.js";
import { MAX_RULES } from "./store.js";

/** A connection that writes, and tells of nodes that come and go. */
export type RulesConnection = WritableConnection & Pick<ZooKeeperConnection, "children">;

/** Gives an answer a deadline. */
export type Within = <T>(work: Promise<T>) => Promise<T>;

/** How many nodes are read at a time. */
const PORTION = 64;

/** Reads the rules below a path. Rejects with a ZooKeeperError, after which the connection is of no use. */
export class RulesReader {
  readonly #connection: RulesConnection;
  readonly #path: string;
  readonly #within: Within;
  /** What was there at the last reading: the parent's version and the nodes' names. */
  #last = "";

  constructor(connection: RulesConnection, path: string, within: Within) {
    this.#connection = connection;
    this.#path = path;
    this.#within = within;
  }

  /** Makes the path, with all above it. */
  async prepare(): Promise<void> {
    const names = this.#path.split("/").slice(1);
    for (let count = 1; count <= names.length; count++) {
      await this.#within(this.#connection.ensure(`/${names.slice(0, count).join("/")}`));
    }
  }

  /** The rules; `undefined` if nothing has changed since the last reading. From now on, a change makes the connection call back. */
  async read(): Promise<ReadonlyMap<string, Rule> | undefined> {
    const parent = await this.#within(this.#connection.watched(this.#path));
    const names = [...(await this.#within(this.#connection.children(this.#path)))].sort();
    const found = JSON.stringify([parent?.version, names]);
    if (found === this.#last) return undefined;
    if (names.length > MAX_RULES) {
      throw new ZooKeeperError("ended", `${this.#path} has ${names.length} rules, and there may be ${MAX_RULES}`);
    }
    const rules = new Map<string, Rule>();
    for (let at = 0; at < names.length; at += PORTION) {
      const portion = names.slice(at, at + PORTION);
      const read = await this.#within(Promise.all(portion.map((name) => this.#rule(name))));
      for (const rule of read) if (rule) rules.set(rule.id, rule);
    }
    this.#last = found;
    return rules;
  }

  /** `undefined` if it has gone meanwhile, or is none of Bamboo's. */
  async #rule(name: string): Promise<Rule | undefined> {
    const id = idOfZnode(name);
    if (id === undefined) return undefined;
    try {
      return readRule(id, Buffer.from(await this.#connection.data(`${this.#path}/${name}`)).toString());
    } catch (error) {
      if (error instanceof ZooKeeperError && error.kind === "no-node") return undefined;
      throw error;
    }
  }
}

import { basename, dirname } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../../../base/errors.js";
import { type WholeFiles, writeWhole } from "../../../base/whole-file.js";
import { type Rule, settled } from "./rule.js";
import { decodeRules, encodeRules } from "./rules-file.js";
import { Listeners, MAX_RULES, type RulesStore, tooManyRules } from "./store.js";

/** The used part of `node:fs/promises`. */
export type RuleFiles = WholeFiles & Pick<typeof import("node:fs/promises"), "readFile" | "mkdir">;

/**
 * Rules in a file, which is replaced as a whole by every write. It may be given up and read again (`read`): if it is damaged then,
 * the rules stay as they were, and nothing is written until it is whole again.
 */
export class FileRules implements RulesStore {
  readonly #path: string;
  readonly #files: RuleFiles;
  readonly #listeners = new Listeners();
  #known: ReadonlyMap<string, Rule> = new Map();
  /** The last of the writes, which are done one after another. */
  #last: Promise<unknown> = Promise.resolve();
  failure: MesosDnsError | undefined;

  private constructor(path: string, files: RuleFiles) {
    this.#path = path;
    this.#files = files;
  }

  /** Rejects with MesosDnsError LB_RULES_DAMAGED or LB_RULES_UNREADABLE. A file that is not there has no rules. */
  static async open(path: string, files: RuleFiles): Promise<FileRules> {
    const store = new FileRules(path, files);
    await store.read();
    return store;
  }

  rules(): ReadonlyMap<string, Rule> {
    return this.#known;
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Reads the file again. Rejects as `open` does, and the rules stay as they were. */
  read(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        this.#known = decodeRules(await this.#content(), this.#path);
        this.failure = undefined;
      } catch (error) {
        this.failure = error instanceof MesosDnsError ? error : this.#unreadable(error);
        throw this.failure;
      }
      this.#listeners.tell();
    });
  }

  put(rule: Rule): Promise<void> {
    return this.#inTurn(async () => {
      const rules = new Map(this.#known).set(rule.id, settled(rule));
      if (rules.size > MAX_RULES && rules.size > this.#known.size) throw tooManyRules();
      await this.#write(rules);
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const rules = new Map(this.#known);
      if (!rules.delete(id)) return false;
      await this.#write(rules);
      return true;
    });
  }

  async close(): Promise<void> {
    await this.#last;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #content(): Promise<string> {
    try {
      return await this.#files.readFile(this.#path, "utf8");
    } catch (error) {
      if (hasCode(error, "ENOENT")) return encodeRules(new Map());
      throw error;
    }
  }

  async #write(rules: ReadonlyMap<string, Rule>): Promise<void> {
    if (this.failure) throw this.#unwritable(this.failure.message);
    const folder = dirname(this.#path);
    try {
      await this.#files.mkdir(folder, { recursive: true });
      await writeWhole({ folder, name: basename(this.#path), files: this.#files }, [encodeRules(rules)]);
    } catch (error) {
      throw this.#unwritable(messageOf(error));
    }
    this.#known = rules;
    this.#listeners.tell();
  }

  #unreadable(error: unknown): MesosDnsError {
    return new MesosDnsError(
      "LB_RULES_UNREADABLE",
      `the file of rules ${this.#path} cannot be read: ${messageOf(error)}`,
    );
  }

  #unwritable(reason: string): MesosDnsError {
    return new MesosDnsError("LB_RULES_UNWRITABLE", `the rule is not stored: ${reason}`);
  }
}

import { access, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../base/errors.js";
import { runCommand } from "../base/run-command.js";
import type { LbHaproxy } from "../config/lb.js";
import { tryToListen } from "../haproxy/bind.js";
import type { HaproxyProcess } from "../haproxy/process.js";
import type { Content } from "../lb/file-formats/format.js";
import { reloadWith } from "./reload-command.js";

/** A file that is there while the configuration is changed. */
const CHANGE = "mesos-dns-lb.changing";

/** Where a configuration is written, and the HAProxy that reads it: this program's own, or the system's. */
export class FileHost {
  readonly #haproxy: HaproxyProcess;
  readonly #folder: string;
  readonly #settings: LbHaproxy;
  #lastCheck: Promise<unknown> = Promise.resolve();

  constructor(haproxy: HaproxyProcess, folder: string, settings: LbHaproxy) {
    this.#haproxy = haproxy;
    this.#folder = folder;
    this.#settings = settings;
  }

  get path(): string {
    return this.#haproxy.configPath;
  }

  /** What stands there: a file that does not is empty. @param maps the names of files beside the configuration */
  async read(maps: Iterable<string>): Promise<Content> {
    const texts = Array.from(maps, async (name) => [name, await this.#text(name)] as const);
    return { text: await this.#haproxy.config(), maps: new Map(await Promise.all(texts)) };
  }

  /** Each file is written as a whole or not at all. */
  async write({ text, maps }: Content): Promise<void> {
    for (const [name, map] of maps) await this.#haproxy.writeFile(name, map);
    await this.#haproxy.write(text);
  }

  /**
   * From now on until `endChange`, what is written may be something else than what HAProxy has read: also if this program is killed, or
   * HAProxy does not answer.
   */
  async beginChange(): Promise<void> {
    await this.#haproxy.writeFile(CHANGE, "HAProxy has not read its configuration yet.\n");
  }

  async endChange(): Promise<void> {
    await rm(join(this.#folder, CHANGE), { force: true });
  }

  /** Whether HAProxy has to read its configuration again, as it may have another one. */
  async isUncertain(): Promise<boolean> {
    return this.#isThere(join(this.#folder, CHANGE));
  }

  /** HAProxy refuses a configuration whose maps are not there at all. */
  async requireMaps({ maps }: Content): Promise<void> {
    for (const [name, map] of maps)
      if (!(await this.#isThere(join(this.#folder, name)))) await this.#haproxy.writeFile(name, map);
  }

  /** What HAProxy has against a configuration; `undefined` if nothing. */
  async faults(text: string): Promise<string | undefined> {
    if (!this.#settings.validate) return undefined;
    // One after another: all of them stand in the same file for that.
    const checked = this.#lastCheck.then(() => this.#haproxy.faultsOf(text));
    this.#lastCheck = checked.catch(() => undefined);
    return checked;
  }

  /** Which of these files of Lua are not there. */
  async missing(paths: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(paths.map((path) => this.#isThere(path)));
    return paths.filter((_, index) => !found[index]);
  }

  /** Whether it is this program that has to start HAProxy, and it does not run. */
  async isGone(): Promise<boolean> {
    return this.#settings.manage && !(await this.#haproxy.runs());
  }

  /** Why nobody can listen there; not known of the system's HAProxy, which may do more than this program. */
  async refusalOf(bind: { readonly host: string; readonly port: number }): Promise<string | undefined> {
    return this.#settings.manage ? (await tryToListen(bind))?.detail : undefined;
  }

  async start(): Promise<void> {
    await this.#haproxy.requireProgram();
    await this.#haproxy.start();
  }

  async reload(): Promise<void> {
    const { manage, reloadCommand } = this.#settings;
    if (manage) return this.#haproxy.reloadWhole();
    if (reloadCommand.length > 0) await reloadWith(reloadCommand, runCommand)();
  }

  async #text(name: string): Promise<string> {
    return readFile(join(this.#folder, name), "utf8").catch(() => "");
  }

  async #isThere(path: string): Promise<boolean> {
    return access(path).then(
      () => true,
      (error: unknown) => !hasCode(error, "ENOENT"),
    );
  }
}

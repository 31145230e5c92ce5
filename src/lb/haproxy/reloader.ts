import { basename } from "node:path";
import { newBinds } from "../../haproxy/binds.js";
import { untilHaproxy } from "../../haproxy/until.js";
import type { Balancer } from "./balancer.js";
import type { DriverParts } from "./driver-parts.js";
import { infoOf } from "./info.js";
import { renderMap } from "./render.js";

/** The name of the file in which HAProxy finds what was known of its servers. */
export const STATE_FILE = "servers.state";

/** Has HAProxy read a configuration, after everything that can be found before has been. */
export class Reloader {
  readonly #parts: DriverParts;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /** When it was tried last, in milliseconds of the clock of `timers`. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /**
   * Starts a HAProxy where there is none: with what is wanted, or with what it had if that is refused, or fails.
   *
   * @returns false if something else has to be wanted first: why has been told
   */
  async start(desired: Balancer): Promise<boolean> {
    const { host, onReport, isThere } = this.#parts;
    const before = await host.installed();
    try {
      const faults = await this.#prepare(desired);
      if (faults === undefined) return await this.#startPrepared(desired, before);
      onReport({ kind: "refused", faults });
    } catch (error) {
      // With what it had, somebody is served. One that is there is only slow.
      if (before !== "" && !(await isThere())) await this.#startNow();
      throw error;
    }
    if (before === "") return false;
    await this.#startNow();
    return true;
  }

  /** Writes what a HAProxy that starts reads. @returns why it is not written */
  async #prepare(desired: Balancer): Promise<string | undefined> {
    const { host, render, writeFile } = this.#parts;
    const text = render(desired);
    await this.#writeMaps(desired);
    await writeFile(STATE_FILE, "1\n");
    const faults = await host.faults(text);
    if (faults === undefined) await host.install(text);
    return faults;
  }

  /**
   * Starts one with what has been prepared. If none can, what was there before is put back, as that was good.
   *
   * @returns false if that is for ports of apps, which has been told
   */
  async #startPrepared(desired: Balancer, before: string): Promise<boolean> {
    const { host, isThere, onReport } = this.#parts;
    try {
      await this.#startNow();
      return true;
    } catch (error) {
      // It has read what is written, and its ports are its own.
      if (await isThere()) throw error;
      if (before !== "") await host.install(before);
      const ports = await this.#unbindableApps(desired);
      if (ports.size === 0) throw error;
      onReport({ kind: "unbindable", ports });
      return false;
    }
  }

  async #startNow(): Promise<void> {
    const { host, log, timers } = this.#parts;
    await host.start();
    await this.#until("answer", (pid) => pid > 0);
    this.#lastAt = timers.now();
    log.info("HAProxy was not there: it is started");
  }

  /** @returns whether it has been read; if not, why has been told, and the old one goes on */
  async reload(desired: Balancer, text: string, cause: string): Promise<boolean> {
    const { host, onReport, timers } = this.#parts;
    this.#lastAt = timers.now();
    const before = await host.installed();
    const ports = await this.#unbindable(before, text);
    if (ports.size > 0) {
      onReport({ kind: "unbindable", ports });
      return false;
    }
    await this.#writeMaps(desired);
    const faults = await host.faults(text);
    if (faults !== undefined) {
      onReport({ kind: "refused", faults });
      return false;
    }
    await this.#exchange(before, text).finally(() => {
      this.#lastAt = timers.now();
    });
    onReport({ kind: "reloaded", cause });
    return true;
  }

  async #exchange(before: string, text: string): Promise<void> {
    const { host, ask, writeFile } = this.#parts;
    const old = await this.#pid();
    const [state = ""] = await ask(["show servers state"]);
    await writeFile(STATE_FILE, `${withoutCheckPorts(state.trim())}\n`);
    try {
      await host.install(text);
      await host.reload();
      await this.#until("take its new configuration", (pid) => pid !== old);
    } catch (error) {
      await host.install(before);
      throw error;
    }
  }

  async #writeMaps({ maps }: Balancer): Promise<void> {
    const { files, writeFile } = this.#parts;
    await writeFile(basename(files.hosts), renderMap(maps.hosts));
    await writeFile(basename(files.apps), renderMap(maps.apps));
  }

  /** Ports that are new, and at which nobody can listen: HAProxy would pause all others for them. */
  async #unbindable(before: string, text: string): Promise<ReadonlyMap<number, string>> {
    const refused = new Map<number, string>();
    for (const bind of newBinds(text, before).values()) {
      const refusal = await this.#parts.refusalOf(bind);
      if (refusal !== undefined) refused.set(bind.port, refusal);
    }
    return refused;
  }

  /**
   * Ports of apps at which nobody can listen. They are tried only when HAProxy could not start: it could if only one before it still had
   * them. Ports that all apps have in common, such as the one for names, cannot be left out.
   */
  #unbindableApps(desired: Balancer): Promise<ReadonlyMap<number, string>> {
    const { render } = this.#parts;
    return this.#unbindable(render({ ...desired, backends: [] }), render(desired));
  }

  #until(what: string, isDone: (pid: number) => boolean): Promise<void> {
    const { timers, isThere } = this.#parts;
    const isGone = async () => !(await isThere());
    return untilHaproxy(what, async () => isDone(await this.#pid()), { timers, code: "LB_HAPROXY", isGone });
  }

  async #pid(): Promise<number> {
    const [info = ""] = await this.#parts.ask(["show info"]);
    return infoOf(info).pid;
  }
}

/** HAProxy takes the ports that it has checked so far for those of the new configuration, unless they are 0. */
function withoutCheckPorts(state: string): string {
  const lines = state.split("\n").map((line) => line.split(" "));
  // Behind the "#" of its line, the names of the columns.
  const column = (lines.find(([first]) => first === "#")?.indexOf("srv_check_port") ?? 0) - 1;
  if (column < 0) return state;
  const isRow = (words: readonly string[]) => words[0] !== "#" && words.length > column;
  return lines.map((words) => (isRow(words) ? words.with(column, "0") : words).join(" ")).join("\n");
}

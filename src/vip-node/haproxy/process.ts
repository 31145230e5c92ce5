import type * as FileSystem from "node:fs/promises";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Timers } from "../../base/timers.js";
import { writeWhole } from "../../base/whole-file.js";
import type { RunCommand } from "../run-command.js";
import type { HaproxySettings } from "./render.js";

export interface ProcessParts {
  readonly settings: HaproxySettings;
  readonly run: RunCommand;
  readonly files: Pick<typeof FileSystem, "mkdir" | "open" | "readFile" | "rename" | "rm">;
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
  readonly timers: Timers;
}

const OLDEST = [2, 6] as const;
const LIMITS = "/proc/self/limits";
const TIMEOUT_MS = 30_000;
const STEP_MS = 20;
const END_MS = 10_000;
const ANSWER_MS = 10_000;
const NEEDED = "HAProxy 2.6 or later is needed";

/** HAProxy as a process: a master, which outlives this program, and its workers. */
export class HaproxyProcess {
  readonly #parts: ProcessParts;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
  }

  get configPath(): string {
    return `${this.#parts.settings.runDir}/vips.cfg`;
  }

  get #pidPath(): string {
    return `${this.#parts.settings.runDir}/vips.pid`;
  }

  /** Rejects if it is missing, or too old. */
  async requireProgram(): Promise<void> {
    const { stdout } = await this.#run(["-v"]);
    const [, major = "0", minor = "0"] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
    const [oldMajor, oldMinor] = OLDEST;
    if (Number(major) > oldMajor || (Number(major) === oldMajor && Number(minor) >= oldMinor)) return;
    const [first = ""] = stdout.split("\n");
    throw new MesosDnsError("VIP_PLANE", `haproxy is too old (${first}): ${NEEDED}`);
  }

  /** How many files it may have open: as many as this program, which starts it. */
  async descriptors(): Promise<number> {
    const limits = await this.#parts.files.readFile(LIMITS, "utf8").catch(() => "");
    const [, hard] = /^Max open files +\S+ +(\d+)/m.exec(limits) ?? [];
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
  }

  /** The configuration of before; empty if there is none. */
  async config(): Promise<string> {
    try {
      return await this.#parts.files.readFile(this.configPath, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw new MesosDnsError("VIP_PLANE", `${this.configPath} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  async write(config: string): Promise<void> {
    const { settings, files } = this.#parts;
    try {
      await files.mkdir(settings.runDir, { recursive: true, mode: 0o700 });
      await writeWhole({ folder: settings.runDir, name: "vips.cfg", files }, [config]);
    } catch (error) {
      const what = `${this.configPath} cannot be written: ${messageOf(error)}`;
      throw new MesosDnsError("VIP_PLANE", what, { cause: error });
    }
  }

  /** What HAProxy has against the configuration that is written; `undefined` if nothing. */
  async faults(): Promise<string | undefined> {
    const { code, stderr } = await this.#run(["-c", "-f", this.configPath]);
    return code === 0 ? undefined : alertsIn(stderr);
  }

  /** Starts it with the configuration that is written. It ends by itself or by `end`, and not with this program. */
  async start(): Promise<void> {
    const { code, stderr } = await this.#run(["-W", "-D", "-f", this.configPath, "-p", this.#pidPath]);
    if (code !== 0) throw new MesosDnsError("VIP_PLANE", `haproxy does not start: ${alertsIn(stderr)}`);
  }

  /** Has it read its configuration again. */
  async reload(): Promise<void> {
    const pid = await this.#master();
    if (pid !== undefined) return this.#parts.kill(pid, "SIGUSR2");
    const what = `${this.#pidPath} names no haproxy that runs with ${this.configPath}`;
    throw new MesosDnsError("VIP_PLANE", `${what}: it cannot be told to reload. End that haproxy, and start again`);
  }

  /** Ends it and all its workers, and removes its files. */
  async end(): Promise<void> {
    const { settings, files, kill, timers } = this.#parts;
    const pid = await this.#master();
    if (pid !== undefined) kill(pid, "SIGTERM");
    const deadline = timers.now() + END_MS;
    while (pid !== undefined && (await this.#master()) !== undefined && timers.now() < deadline)
      await this.wait(STEP_MS);
    if ((await this.#master()) !== undefined)
      throw new MesosDnsError("VIP_PLANE", `haproxy (process ${pid}) does not end: kill it`);
    for (const name of ["vips.cfg", "vips.pid", "vips.sock"])
      await files.rm(`${settings.runDir}/${name}`, { force: true });
  }

  /** Waits until this is true of it. Rejects after 10 s. */
  async until(what: string, check: () => Promise<boolean>): Promise<void> {
    const { timers } = this.#parts;
    const deadline = timers.now() + ANSWER_MS;
    for (;;) {
      // While one worker takes over from another, nobody may answer.
      if (await check().catch(() => false)) return;
      if (timers.now() > deadline)
        throw new MesosDnsError("VIP_PLANE", `haproxy did not ${what} within ${ANSWER_MS / 1_000} s`);
      await this.wait(STEP_MS);
    }
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.timers.after(ms, resolve));
  }

  /** Its process id; `undefined` if it does not run. A process of another program may have the id by now. */
  async #master(): Promise<number | undefined> {
    const { files } = this.#parts;
    const read = (path: string) => files.readFile(path, "utf8").catch(() => "");
    const [pid = ""] = (await read(this.#pidPath)).split("\n");
    if (!/^\d+$/.test(pid)) return undefined;
    const words = (await read(`/proc/${pid}/cmdline`)).split("\0");
    return words.includes(this.configPath) ? Number(pid) : undefined;
  }

  async #run(args: readonly string[]): ReturnType<RunCommand> {
    try {
      return await this.#parts.run("haproxy", args, "", TIMEOUT_MS);
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      const what = isMissing ? `haproxy is missing: ${NEEDED} (apt-get install haproxy)` : messageOf(error);
      throw new MesosDnsError("VIP_PLANE", what, { cause: error });
    }
  }
}

/** HAProxy's own words for what is wrong. */
function alertsIn(stderr: string): string {
  const alerts = stderr.split("\n").filter((line) => line.includes("[ALERT]"));
  return (alerts.length > 0 ? alerts : [stderr.trim()]).slice(0, 5).join("; ");
}

import type * as FileSystem from "node:fs/promises";
import { type ErrorCode, hasCode, MesosDnsError, messageOf } from "../base/errors.js";
import type { RunCommand } from "../base/run-command.js";
import { delay, type Timers } from "../base/timers.js";
import { writeWhole } from "../base/whole-file.js";
import { untilHaproxy } from "./until.js";

/** Where it is, and what it is called. */
export interface ProcessSettings {
  /** The folder of its configuration, its process id and its socket. */
  readonly runDir: string;
  /** Of these files: `NAME.cfg`, `NAME.pid`, `NAME.sock`. */
  readonly name: string;
  /** The program, by name or path. */
  readonly binary: string;
  /** Of its errors. */
  readonly code: ErrorCode;
  /** The oldest version that will do. */
  readonly oldest: readonly [major: number, minor: number];
}

export interface ProcessParts {
  readonly settings: ProcessSettings;
  readonly run: RunCommand;
  readonly files: Pick<typeof FileSystem, "mkdir" | "open" | "readFile" | "readdir" | "rename" | "rm">;
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
  readonly timers: Timers;
}

const LIMITS = "/proc/self/limits";
const TIMEOUT_MS = 30_000;
const STEP_MS = 20;
const END_MS = 10_000;
/** A file that is being written, as `writeWhole` calls it. */
const UNFINISHED = /\.[0-9a-f]{32}\.new$/u;
/** How long it may take to end after its worker has. */
const DYING_MS = 500;

/** HAProxy as a process: a master, which outlives this program, and its workers. */
export class HaproxyProcess {
  readonly #parts: ProcessParts;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
  }

  get configPath(): string {
    return this.#path("cfg");
  }

  get #pidPath(): string {
    return this.#path("pid");
  }

  /** Rejects if it is missing, or too old. */
  async requireProgram(): Promise<void> {
    const { stdout } = await this.#run(["-v"]);
    const [, major = "0", minor = "0"] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
    const [oldMajor, oldMinor] = this.#parts.settings.oldest;
    if (Number(major) > oldMajor || (Number(major) === oldMajor && Number(minor) >= oldMinor)) return;
    const [first = ""] = stdout.split("\n");
    throw this.#error(`haproxy is too old (${first}): ${this.#needed}`);
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
      if (hasCode(error, "ENOENT")) return "";
      throw this.#error(`${this.configPath} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  write(config: string): Promise<void> {
    return this.writeFile(`${this.#parts.settings.name}.cfg`, config);
  }

  /** Writes another file into its folder, whole or not at all. */
  async writeFile(name: string, text: string): Promise<void> {
    const { settings, files } = this.#parts;
    try {
      await files.mkdir(settings.runDir, { recursive: true, mode: 0o700 });
      await writeWhole({ folder: settings.runDir, name, files }, [text]);
    } catch (error) {
      throw this.#error(`${settings.runDir}/${name} cannot be written: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Removes what programs that were killed while they wrote have left in its folder. */
  async tidy(): Promise<void> {
    const { settings, files } = this.#parts;
    const names = await files.readdir(settings.runDir).catch(() => []);
    for (const name of names.filter((each) => UNFINISHED.test(each)))
      await files.rm(`${settings.runDir}/${name}`, { force: true }).catch(() => undefined);
  }

  /** What HAProxy has against the configuration that is written; `undefined` if nothing. */
  faults(): Promise<string | undefined> {
    return this.#check(this.configPath);
  }

  /** The same of another configuration, which stands beside it for that. */
  async faultsOf(config: string): Promise<string | undefined> {
    const { runDir, name } = this.#parts.settings;
    await this.writeFile(`${name}.new`, config);
    return this.#check(`${runDir}/${name}.new`);
  }

  async #check(path: string): Promise<string | undefined> {
    const { code, stderr } = await this.#run(["-c", "-f", path]);
    return code === 0 ? undefined : alertsIn(stderr);
  }

  /** Starts it with the configuration that is written. It ends by itself or by `end`, and not with this program. */
  async start(): Promise<void> {
    const { code, stderr } = await this.#run(["-W", "-D", "-f", this.configPath, "-p", this.#pidPath]);
    if (code !== 0) throw this.#error(`haproxy does not start: ${alertsIn(stderr)}`);
  }

  /**
   * Has one that runs and does not answer let go of its addresses: its connections go on until they end. A reload would not do: its socket is
   * handed over from worker to worker, and never made again.
   *
   * @returns whether there was one, and not only because it had not ended yet
   */
  async retire(): Promise<boolean> {
    const deadline = this.#parts.timers.now() + DYING_MS;
    for (;;) {
      const pid = await this.#master();
      if (pid === undefined) return false;
      if (this.#parts.timers.now() > deadline) {
        this.#parts.kill(pid, "SIGUSR1");
        return true;
      }
      await this.wait(STEP_MS);
    }
  }

  /** Has it read its configuration again. */
  async reload(): Promise<void> {
    const pid = await this.#master();
    if (pid !== undefined) return this.#parts.kill(pid, "SIGUSR2");
    const what = `no haproxy of this user runs with ${this.configPath}`;
    throw this.#error(`${what}: it cannot be told to reload. End that haproxy, and start again`);
  }

  /** Whether it runs, whoever has started it. */
  async runs(): Promise<boolean> {
    return (await this.#master()) !== undefined;
  }

  /** Has it read its configuration again, and waits for the worker that does so. Rejects after 10 s: then the old ones go on. */
  async reloadWhole(): Promise<void> {
    const before = await this.#workers();
    await this.reload();
    const { timers, settings } = this.#parts;
    const hasTaken = async () => Array.from(await this.#workers()).some((pid) => !before.has(pid));
    const isGone = async () => !(await this.runs());
    await untilHaproxy("take its new configuration", hasTaken, { timers, code: settings.code, isGone });
  }

  /** Ends it and all its workers, and removes its files. */
  async end(): Promise<void> {
    const { files, kill, timers } = this.#parts;
    const deadline = timers.now() + END_MS;
    const told = new Set<number>();
    // One that was retired may be there as well.
    for (let pid = await this.#master(); pid !== undefined; pid = await this.#master()) {
      if (!told.has(pid)) kill(pid, "SIGTERM");
      told.add(pid);
      if (timers.now() > deadline) throw this.#error(`haproxy (process ${pid}) does not end: kill it`);
      await this.wait(STEP_MS);
    }
    for (const ending of ["cfg", "pid", "sock"]) await files.rm(this.#path(ending), { force: true });
  }

  /** Waits until this is true of it. Rejects after 10 s. */
  until(what: string, check: () => Promise<boolean>): Promise<void> {
    const { timers, settings } = this.#parts;
    return untilHaproxy(what, check, { timers, code: settings.code });
  }

  wait(ms: number): Promise<void> {
    return delay(this.#parts.timers, ms).elapsed;
  }

  /**
   * Its process id; `undefined` if it does not run. A process of another program may have the id by now, and somebody may have removed the
   * file, as those do who tidy up folders.
   */
  async #master(): Promise<number | undefined> {
    const [pid = ""] = (await this.#read(this.#pidPath)).split("\n");
    return (await this.#isOurs(pid)) ? Number(pid) : this.#search();
  }

  /** A master is nobody's worker: it has the words of its command line from no other. */
  async #search(): Promise<number | undefined> {
    const all = await this.#parts.files.readdir("/proc").catch(() => []);
    const ours = new Set<string>();
    for (const pid of all) if (await this.#isOurs(pid)) ours.add(pid);
    for (const pid of ours) {
      const [, parent = ""] = /^PPid:\s+(\d+)$/m.exec(await this.#read(`/proc/${pid}/status`)) ?? [];
      if (!ours.has(parent)) return Number(pid);
    }
    return undefined;
  }

  async #workers(): Promise<ReadonlySet<string>> {
    const pid = await this.#master();
    const children = pid === undefined ? "" : await this.#read(`/proc/${pid}/task/${pid}/children`);
    return new Set(children.split(" ").filter((child) => child !== ""));
  }

  /** Whether a process is HAProxy with this configuration, and does not only check it. */
  async #isOurs(pid: string): Promise<boolean> {
    if (!/^\d+$/.test(pid)) return false;
    const words = (await this.#read(`/proc/${pid}/cmdline`)).split("\0");
    return words.includes(this.configPath) && words.includes("-W");
  }

  get #needed(): string {
    return `HAProxy ${this.#parts.settings.oldest.join(".")} or later is needed`;
  }

  #path(ending: string): string {
    const { runDir, name } = this.#parts.settings;
    return `${runDir}/${name}.${ending}`;
  }

  #error(text: string, options?: ErrorOptions): MesosDnsError {
    return new MesosDnsError(this.#parts.settings.code, text, options);
  }

  #read(path: string): Promise<string> {
    return this.#parts.files.readFile(path, "utf8").catch(() => "");
  }

  async #run(args: readonly string[]): ReturnType<RunCommand> {
    try {
      return await this.#parts.run(this.#parts.settings.binary, args, "", TIMEOUT_MS);
    } catch (error) {
      const missing = `haproxy is missing: ${this.#needed} (apt-get install haproxy)`;
      const what = hasCode(error, "ENOENT") ? missing : messageOf(error);
      throw this.#error(what, { cause: error });
    }
  }
}

/** Why the system refuses it, without the call and the name of the unfinished file, which is another one each time. */
function reasonOf(error: unknown): string {
  const reason = messageOf(error);
  return error instanceof Error && "syscall" in error ? reason.replace(/, \w+(?: '.*)?$/su, "") : reason;
}

/** HAProxy's own words for what is wrong, without its process id: the same words each time are told once. */
function alertsIn(stderr: string): string {
  const alerts = stderr
    .split("\n")
    .filter((line) => line.includes("[ALERT]"))
    .map((line) => line.replace(/^\[ALERT\] +\(\d+\) : /u, "[ALERT] "));
  return (alerts.length > 0 ? alerts : [stderr.trim()]).slice(0, 5).join("; ");
}

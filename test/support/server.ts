import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { type EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { until } from "./wait.js";

/**
 * The built program as a process of its own, on free ports of 127.0.0.1:
 *
 *     const master = await ScriptedMaster.start();
 *     const server = await Server.start({ masters: [master.address] });
 *     await askUdp(server, "leader.mesos");
 */

export const PROGRAM = "dist/main.js";

/** A line of the log, and what else it says. */
export interface LogLine {
  readonly level: string;
  readonly thread: string;
  readonly msg: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

export interface StartOptions {
  /** More words for the command line. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors of open sockets for it to listen on, given as systemd gives them. */
  readonly sockets?: readonly number[];
  /** What to wait for: names to serve (the default), open listeners, or nothing. */
  readonly until?: "ready" | "listening";
}

/** Nothing leaves the machine, and failures are tried again soon. */
const CONFIG = { listener: "127.0.0.1", httplistener: "127.0.0.1", refreshSeconds: 1, externalon: false };
const LEVELS_OF_TROUBLE = ["warn", "error", "fatal"];
/** Somebody else may take a port between the moment it was found free and the server's start. */
const TRIES = 5;
/** Twice what a supervisor allows: a busy machine is no fault. */
const STOP_LIMIT_MS = 10_000;
/** A little more than the server keeps the text of /metrics. */
const METRICS_KEPT_MS = 1_050;
const RUN_LIMIT_MS = 30_000;

export class Server {
  readonly host: string;
  readonly port: number;
  readonly httpPort: number;
  readonly configFile: string;
  /** What it logged so far. */
  readonly log: LogLine[] = [];
  readonly child: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<number | null>;
  #stderr = "";

  #metricsAt = Number.NEGATIVE_INFINITY;

  private constructor(config: Settings, { args = [], env = {}, sockets = [] }: StartOptions) {
    this.host = config.listener ?? CONFIG.listener;
    this.port = config.port;
    this.httpPort = config.httpport;
    this.#folder = mkdtempSync(join(tmpdir(), "mesos-dns-server-"));
    this.configFile = join(this.#folder, "config.json");
    this.writeConfig(config);
    this.child = spawnProgram([`-config=${this.configFile}`, ...args], env, sockets);
    let rest = "";
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("{")) this.log.push(JSON.parse(line));
    });
    this.#exited = once(this.child, "close").then(([code]) => {
      rmSync(this.#folder, { recursive: true, force: true });
      return code as number | null;
    });
  }

  /** Starts the server with a configuration, of which ports and listeners need not be given. */
  static async start(config: Readonly<Record<string, unknown>>, options: StartOptions = {}): Promise<Server> {
    for (let tries = 1; ; tries++) {
      const settings = { ...CONFIG, port: await freePort(), httpport: await freePort(), ...config };
      const server = new Server(settings, options);
      try {
        const state = await until("the server's start", () => server.#started(options.until ?? "ready"));
        if (state === "up") return server;
        throw new Error("it ended");
      } catch (error) {
        await server.kill();
        if (tries < TRIES && /is in use|another port than port/.test(server.stderr)) continue;
        throw new Error(`the server did not start: ${server.stderr}`, { cause: error });
      }
    }
  }

  /** Starts it with a whole configuration, and waits for nothing. */
  static launch(config: Settings, options: StartOptions = {}): Server {
    return new Server({ ...CONFIG, ...config }, options);
  }

  /** Everything it wrote to standard error. */
  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get exited(): Promise<number | null> {
    return this.#exited;
  }

  /** Replaces the configuration file; SIGHUP makes the server read it. */
  writeConfig(config: Readonly<Record<string, unknown>> | string): void {
    writeFileSync(this.configFile, typeof config === "string" ? config : JSON.stringify(config));
  }

  /** The configuration file with other values, read again: resolves to the log line that tells what came of it. */
  async reload(changes: Readonly<Record<string, unknown>> | string): Promise<LogLine> {
    const own = { ...CONFIG, listener: this.host, port: this.port, httpport: this.httpPort };
    this.writeConfig(typeof changes === "string" ? changes : { ...own, ...changes });
    const seen = this.log.length;
    this.signal("SIGHUP");
    return this.logged(/^changed |^nothing to change|^the configuration stays as it was/, seen);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The first log line, from number `from` on, whose message matches. */
  logged(message: RegExp, from = 0): Promise<LogLine> {
    return until(`a log line ${message}`, () => this.log.slice(from).find(({ msg }) => message.test(msg)));
  }

  /** Warnings and worse. */
  troubles(): LogLine[] {
    return this.log.filter(({ level }) => LEVELS_OF_TROUBLE.includes(level));
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.httpPort}${path}`, init);
  }

  async json<T>(path: string): Promise<T> {
    return (await this.fetch(path)).json() as Promise<T>;
  }

  /** The value of one series, `mesos_dns_responses_total{transport="udp",rcode="NOERROR"}`; absent where there is none. */
  async metric(series: string): Promise<number | undefined> {
    const text = await this.metrics();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length));
  }

  /** The text of /metrics as it is now: not the one of an earlier call, which the server keeps. */
  async metrics(): Promise<string> {
    const age = performance.now() - this.#metricsAt;
    if (age < METRICS_KEPT_MS) await sleep(METRICS_KEPT_MS - age);
    const text = await (await this.fetch("/metrics")).text();
    this.#metricsAt = performance.now();
    return text;
  }

  /** Ends it as its supervisor would; that it ends well is part of every test. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) this.signal("SIGTERM");
    const limit = setTimeout(() => this.signal("SIGKILL"), STOP_LIMIT_MS);
    expect(await this.#exited).toBe(0);
    clearTimeout(limit);
    expect(this.log.filter(({ msg }) => msg === "a thread did not end in time, and has been ended")).toEqual([]);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null) this.signal("SIGKILL");
    await this.#exited;
  }

  async #started(goal: "ready" | "listening"): Promise<"up" | "ended" | false> {
    if (this.child.exitCode !== null) return "ended";
    if (!this.log.some(({ msg }) => msg === "listening")) return false;
    return (goal === "listening" || (await this.fetch("/readyz")).ok) && "up";
  }
}

interface Settings extends Readonly<Record<string, unknown>> {
  readonly listener?: string;
  readonly port: number;
  readonly httpport: number;
}

/** What makes a shell the program, which then has the process id that it is to find in its environment. */
const WITH_SOCKETS = 'LISTEN_PID=$$ exec "$@"';

/** The program with an environment of which nothing but what is given configures it. */
export function spawnProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  sockets: readonly number[] = [],
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(MESOS_DNS_|NOTIFY_SOCKET$)/.test(name));
  const program = [process.execPath, PROGRAM, ...args];
  const words = sockets.length > 0 ? ["sh", "-c", WITH_SOCKETS, "sh", ...program] : program;
  const given = sockets.length > 0 ? { LISTEN_FDS: String(sockets.length) } : {};
  const [command, ...rest] = words;
  return spawn(command, rest, {
    env: { ...Object.fromEntries(inherited), ...given, ...env },
    stdio: ["ignore", "pipe", "pipe", ...sockets],
  });
}

/** Runs the program to its end, which has to come by itself: the status is null where it did not. */
export async function runProgram(
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawnProgram(args);
  const limit = setTimeout(() => child.kill("SIGKILL"), RUN_LIMIT_MS);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text) => (stderr += text));
  const [status] = await once(child, "close");
  clearTimeout(limit);
  return { status: status as number | null, stdout, stderr };
}

/** Linux gives the ports from 32768 on to connections, and may do so before the server that a port is meant for has started. */
const PORTS = { min: 10_000, max: 32_768 };

/** A port of 127.0.0.1 that is free for TCP and UDP, and is not given to a connection meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.min, PORTS.max);
    const server = createServer();
    const socket = createSocket("udp4");
    const isFree =
      (await boundTo(server, () => server.listen(port, "127.0.0.1"))) &&
      (await boundTo(socket, () => socket.bind(port, "127.0.0.1")));
    socket.close();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/** Whether it got what it asks for. */
function boundTo(socket: EventEmitter, bind: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false)).once("listening", () => resolve(true));
    bind();
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseLogLine } from "./log-line.js";
import type { DemoOptions } from "./options.js";

export const HOST = "127.0.0.1";
/** Addresses that a program may use without asking anybody. */
export const VIP_RANGE = "127.11.0.0-127.11.255.254";
export const PROGRAM = fileURLToPath(new URL("../main.js", import.meta.url));
/** The server promises to stop within 5 s; the demonstration promises the same, with something left for itself. */
const STOP_MS = 4_500;
/** Lines of what it said last, for an end that nobody expected. */
const LAST_WORDS = 10;

export interface ServerOptions extends DemoOptions {
  /** `host:port` of the master to follow. */
  readonly master: string;
  /** Told what the server warns of while it runs. */
  readonly onWarning: (text: string) => void;
}

/** The real server in a process of its own, as an operator would start it, with its configuration in a temporary folder. */
export class DemoServer {
  /** Settles when the process is gone, whatever the reason, with what it said to people last. */
  readonly exited: Promise<string>;
  /** Settles when its ports are open. Only then whoever answers there is this server. */
  readonly listening: Promise<void>;
  readonly #child: ChildProcess;
  /** Temporary: it is gone with the server. */
  readonly folder: string;
  readonly #lastWords: string[] = [];
  #isListening = () => {};

  constructor(options: ServerOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "mesos-dns-demo-"));
    const configFile = join(this.folder, "config.json");
    writeFileSync(configFile, JSON.stringify(configOf(options), null, 2));
    this.#child = spawn(process.execPath, [PROGRAM, `-config=${configFile}`], {
      env: cleanEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("close", () => resolve(this.#lastWords.join("\n")));
    });
    this.listening = new Promise((resolve) => {
      this.#isListening = resolve;
    });
    if (this.#child.stderr) {
      createInterface({ input: this.#child.stderr }).on("line", (line) => this.#hear(line, options.onWarning));
    }
  }

  /** Asks the server to stop, and insists if need be. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** For the last moment of this process: leaves neither process nor folder behind. */
  discard(): void {
    this.#child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #hear(line: string, onWarning: (text: string) => void): void {
    const { text, isWarning, isLog } = parseLogLine(line);
    if (isWarning) onWarning(text);
    else if (isLog && text === "listening") this.#isListening();
    if (isLog && !isWarning) return;
    this.#lastWords.push(text);
    if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
  }
}

function configOf({ master, dnsPort, httpPort }: ServerOptions) {
  return {
    masters: [master],
    domain: "mesos",
    listener: HOST,
    port: dnsPort,
    httplistener: HOST,
    httpport: httpPort,
    refreshSeconds: 1,
    ttl: 5,
    SOAMinttl: 1,
    externalon: false,
    vips: { names: true, ipv4Range: VIP_RANGE, lingerSeconds: 5 },
  };
}

/** Without what would change the demonstration: the server's own settings, and a service manager's socket. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = (name: string) => name.startsWith("MESOS_DNS_") || name === "NOTIFY_SOCKET";
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign(name)));
}

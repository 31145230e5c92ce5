import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { toolEnvironment } from "./environment.js";
import { parseLogLine } from "./log-line.js";

export const PROGRAM = fileURLToPath(new URL("../main.js", import.meta.url));
/** The program promises to stop within 5 s; the demonstration promises the same, with something left for itself. */
const STOP_MS = 4_500;
/** Lines of what it said last, for an end that nobody expected. */
const LAST_WORDS = 10;

export interface ProgramOptions {
  /** Its arguments before that of the configuration. */
  readonly words: readonly string[];
  /** Its configuration, where its files have the folder that it gets. */
  readonly config: (folder: string) => object;
  /** What it logs when its ports are open. */
  readonly ready: string;
  /** Told what it warns of while it runs. */
  readonly onWarning: (text: string) => void;
}

/** The real program in a process of its own, as an operator would start it, with its configuration in a temporary folder. */
export class DemoProgram {
  /** Settles when the process is gone, whatever the reason, with what it said to people last. */
  readonly exited: Promise<string>;
  /** Settles when its ports are open. Only then whoever answers there is this program. */
  readonly listening: Promise<void>;
  readonly #child: ChildProcess;
  /** Temporary: it is gone with the program. */
  readonly folder: string;
  readonly configFile: string;
  readonly #lastWords: string[] = [];
  #isListening = () => {};

  constructor(options: ProgramOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "mesos-dns-demo-"));
    this.configFile = join(this.folder, "config.json");
    writeFileSync(this.configFile, JSON.stringify(options.config(this.folder), null, 2));
    this.#child = spawn(process.execPath, [PROGRAM, ...options.words, `-config=${this.configFile}`], {
      env: toolEnvironment(),
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
      createInterface({ input: this.#child.stderr }).on("line", (line) => this.#hear(line, options));
    }
  }

  /** Asks the program to stop, and insists if need be. */
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

  #hear(line: string, { ready, onWarning }: ProgramOptions): void {
    const { text, isWarning, isLog } = parseLogLine(line);
    if (isWarning) onWarning(text);
    else if (isLog && text === ready) this.#isListening();
    if (isLog && !isWarning) return;
    this.#lastWords.push(text);
    if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
  }
}

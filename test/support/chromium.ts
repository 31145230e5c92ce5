import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** A page in a real browser, driven by its keyboard. */

const BINARY = "/usr/bin/chromium";
export const hasChromium = existsSync(BINARY);
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, never>>;
  readonly result?: Readonly<Record<string, never>>;
  readonly error?: { readonly message: string };
}

/** Speaks the DevTools protocol over pipes: JSON, each with a NUL behind it. */
export class Chromium {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #session: string | undefined;
  #last = 0;
  /** URLs that the page has asked for. */
  readonly asked: string[] = [];
  /** What it has complained of: errors, and violations of its policy. */
  readonly complaints: string[] = [];

  private constructor() {
    this.#profile = mkdtempSync(join(tmpdir(), "mesos-dns-chromium-"));
    const args = [...FLAGS, `--user-data-dir=${this.#profile}`, "--remote-debugging-pipe", "about:blank"];
    this.#child = spawn(BINARY, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    let rest = "";
    (this.#child.stdio[4] as Readable).setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\0");
      rest = parts.pop() ?? "";
      for (const part of parts) this.#take(JSON.parse(part));
    });
  }

  static async open(url: string): Promise<Chromium> {
    const browser = new Chromium();
    const { targetInfos } = await browser.#send<{ targetInfos: { type: string; targetId: string }[] }>(
      "Target.getTargets",
    );
    const targetId = targetInfos.find(({ type }) => type === "page")?.targetId;
    const { sessionId } = await browser.#send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    browser.#session = sessionId;
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await browser.#send(`${domain}.enable`);
    await browser.#send("Page.navigate", { url });
    return browser;
  }

  /** The value of an expression in the page. */
  async value(expression: string): Promise<unknown> {
    const given = { expression, returnByValue: true, awaitPromise: true };
    const { result } = await this.#send<{ result: { value: unknown } }>("Runtime.evaluate", given);
    return result.value;
  }

  /** Presses a key: `Tab`, `Enter`, `Escape`. */
  async press(key: string): Promise<void> {
    const code = { Tab: 9, Enter: 13, Escape: 27 }[key];
    const given = { key, code: key, windowsVirtualKeyCode: code, ...(key === "Enter" ? { text: "\r" } : {}) };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...given });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...given });
  }

  async type(text: string): Promise<void> {
    await this.#send("Input.insertText", { text });
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    // Its other processes go with it, which they do not when it is killed.
    this.#session = undefined;
    this.#send("Browser.close").catch(() => {});
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #send<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#last;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #take({ id, method, params, result, error }: Message): void {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result as never);
    const told = (params ?? {}) as {
      request?: { url: string };
      entry?: { text: string; source: string };
      exceptionDetails?: { text: string };
    };
    if (method === "Network.requestWillBeSent" && told.request) this.asked.push(told.request.url);
    if (method === "Log.entryAdded" && told.entry?.source !== "network") this.complaints.push(told.entry?.text ?? "");
    if (method === "Runtime.exceptionThrown") this.complaints.push(told.exceptionDetails?.text ?? "");
  }
}

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Server } from "./server.js";

/** The console in a real browser. */

const BINARY = "/usr/bin/chromium";
export const hasBrowser = existsSync(BINARY);
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
/** Git ignores it. */
const SCREENSHOTS = "screenshots";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const DESK = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

export interface Look {
  readonly theme?: "light" | "dark";
  readonly size?: { readonly width: number; readonly height: number };
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: BINARY, args: FLAGS });
}

/** A page of the console, and what has gone wrong in it. */
export class ConsolePage {
  readonly page: Page;
  readonly #origin: string;
  /** Errors and warnings of the browser: violations of the policy too. */
  readonly complaints: string[] = [];
  /** Addresses outside the server that the page has asked. */
  readonly strangers: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    this.#origin = origin;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        this.complaints.push(`${message.text()} ${message.location().url}`.trim());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) this.strangers.push(url);
    });
  }

  /** @param path behind the `#/` */
  static async open(browser: Browser, server: Server, path = "", { theme = "light", size = DESK }: Look = {}) {
    const page = await browser.newPage({ colorScheme: theme, viewport: size });
    const opened = new ConsolePage(page, `http://127.0.0.1:${server.httpPort}`);
    await opened.goTo(path);
    return opened;
  }

  /** Goes there, and waits until there is more than the promise of a page. */
  async goTo(path: string): Promise<void> {
    await this.page.goto(`${this.#origin}/#/${path}`);
    await this.page.waitForSelector("h1");
    await this.page.locator(".loading").waitFor({ state: "detached" });
  }

  /** The serious and critical faults that axe finds, each with its place. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(`axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
      violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target.join(" ") + " " + failureSummary)))`);
    return found as string[];
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  /** Nothing has gone wrong, and nobody else has been asked. */
  expectNoFault(): void {
    expect(this.complaints).toEqual([]);
    expect(this.strangers).toEqual([]);
  }
}

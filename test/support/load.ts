import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { At } from "./ask.js";
import { start } from "./tools.js";

/** Many clients that ask all the time, until told to stop; stopped at the latest when the test is over. */

export interface Loaded {
  readonly sent: number;
  /** Queries without an answer, though there was all the time for one. */
  readonly lost: number;
  /** How many answers had each rcode. */
  readonly rcodes: Readonly<Record<string, number>>;
}

const CLIENTS = 20;
const MOST_SECONDS = 50;
/** More than are ever under way. */
const OUTSTANDING = 60_000;
const TIMEOUT_SECONDS = 20;
const BUFFER_KILOBYTES = 4096;

/** @param queries as dnsperf reads them: "web.marathon.mesos A" */
export function startLoad({ host, port }: At, rate: number, queries: readonly string[]): () => Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-load-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "queries");
  writeFileSync(file, queries.map((query) => `${query}\n`).join(""));
  const numbers = { Q: rate, q: OUTSTANDING, t: TIMEOUT_SECONDS, c: CLIENTS, l: MOST_SECONDS, b: BUFFER_KILOBYTES };
  const flags = Object.entries(numbers).flatMap(([flag, value]) => [`-${flag}`, String(value)]);
  const { child } = start("dnsperf", ["-s", host, "-p", String(port), "-d", file, ...flags]);
  let text = "";
  child.stdout?.on("data", (piece) => (text += piece));
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return async () => {
    child.kill("SIGINT");
    await ended;
    return read(text);
  };
}

function read(text: string): Loaded {
  const number = (what: string) => Number(new RegExp(`Queries ${what}: +(\\d+)`).exec(text)?.[1] ?? Number.NaN);
  const codes = /Response codes: +(.*)/.exec(text)?.[1] ?? "";
  const rcodes = [...codes.matchAll(/(\w+) (\d+)/g)].map(([, rcode, count]) => [rcode, Number(count)]);
  return { sent: number("sent"), lost: number("lost"), rcodes: Object.fromEntries(rcodes) };
}

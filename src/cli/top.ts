import { setTimeout as sleep } from "node:timers/promises";
import { MesosDnsError } from "../base/errors.js";
import { printable, printableJson } from "../base/printable.js";
import type { TopReport } from "../top/minute.js";
import { askApi } from "./api.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { serverUrl } from "./server-url.js";
import { readTopReport } from "./top-report.js";
import { topLines } from "./top-text.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["server", "value"],
  ["config", "value"],
  ["once", "switch"],
  ["json", "switch"],
]);
const ANSWER_MS = 10_000;
const REFRESH_MS = 1_000;
/** How long `--once` waits, so that there is something to count. */
const COUNTED_MS = 5_000;
const LIMIT = 100;
/** ECMA-48: to the upper left corner, and from a place to the end of the line, or of the screen. */
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_REST = "\u001b[J";
const DEFAULT_SIZE = { rows: 24, columns: 80 };

/**
 * `mesos-dns top`: who asks what, of the last minute, again and again until it is interrupted; once where the output is no terminal.
 * @throws {MesosDnsError} USAGE, SERVER_UNREACHABLE
 */
export async function runTop(words: readonly string[]): Promise<void> {
  const { flags, rest } = parseMixed(words, FLAGS);
  if (rest.length > 0) throw usage(`unexpected argument ${JSON.stringify(rest[0])}`);
  const url = serverUrl(flags.get("server"), flags.get("config"));
  const { stdout } = process;
  if (flags.has("json") || flags.has("once") || !stdout.isTTY) {
    await reportOf(url);
    await sleep(COUNTED_MS);
    const report = await reportOf(url);
    const lines = flags.has("json")
      ? [printableJson(JSON.stringify(report))]
      : topLines(report, { rows: LIMIT, columns: stdout.columns ?? 120 }).map(printable);
    stdout.write(lines.map((line) => `${line}\n`).join(""));
    return;
  }
  for (;;) {
    const size = { rows: stdout.rows || DEFAULT_SIZE.rows, columns: stdout.columns || DEFAULT_SIZE.columns };
    const lines = topLines(await reportOf(url), size).map(printable);
    stdout.write(`${HOME}${lines.join(`${CLEAR_LINE}\n`)}${CLEAR_LINE}${CLEAR_REST}`);
    await sleep(REFRESH_MS);
  }
}

async function reportOf(url: string): Promise<TopReport> {
  const failed = (why: string) =>
    new MesosDnsError(
      "SERVER_UNREACHABLE",
      `nobody at ${url} tells who asks what: ${why}; --server URL says where the server's httpport is`,
    );
  const body = await askApi(`${url}/v1/top?limit=${LIMIT}`, { ms: ANSWER_MS }).catch((error: Error) => {
    throw failed(error.message);
  });
  const report = readTopReport(body);
  if (report) return report;
  throw failed("what it answers is no such report");
}

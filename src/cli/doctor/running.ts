import { readFileSync } from "node:fs";
import { isObject, listOf, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import { type Check, check } from "./check.js";

const TOLD_MS = 3_000;
const DEFAULT_PORT = 8123;

/** What the server at an address of the API says of itself; `undefined` if none of this kind answers there. */
export interface Running {
  readonly version: string;
  readonly isReady: boolean;
  /** Why it is not ready, and what is worth knowing besides: sentences. */
  readonly told: readonly string[];
}

export async function askRunning(url: string): Promise<Running | undefined> {
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(TOLD_MS) })).json();
  const version = await ask("/v1/version").catch(() => undefined);
  if (!isObject(version) || textOf(version.Service) !== "Mesos-DNS") return undefined;
  const state = await ask("/readyz").catch(() => undefined);
  const { ready, reasons, notes } = isObject(state) ? state : {};
  return {
    version: printable(textOf(version.Version)),
    isReady: ready === true,
    told: [...listOf(reasons), ...listOf(notes)].map((text) => printable(textOf(text))),
  };
}

/** How the server that runs is, if one does. */
export function judgeRunning(url: string, running: Running | undefined): Check {
  const what = "running server";
  if (!running) return check(what, "unknown", `none answers at ${url}`);
  const { version, isReady, told } = running;
  const more = told.length > 0 ? `: ${told.join("; ")}` : "";
  if (isReady) return check(what, "ok", `version ${version} answers at ${url}, and is ready${more}`);
  const advice = `docs/operations.md says what to do; ${url}/ shows more`;
  return check(what, "warning", `version ${version} answers at ${url}, and is not ready${more}`, advice);
}

/** Where a server may run whose configuration has faults by now: as it says all the same, or at the usual port. */
export function urlDespiteFaults(file: string): string {
  const port = portIn(file);
  return `http://127.0.0.1:${port}`;
}

function portIn(file: string): number {
  try {
    const keys: unknown = JSON.parse(readFileSync(file, "utf8"));
    const port = isObject(keys) ? keys.httpport : undefined;
    return typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536 ? port : DEFAULT_PORT;
  } catch {
    return DEFAULT_PORT;
  }
}

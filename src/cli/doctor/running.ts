import { readFileSync } from "node:fs";
import { basename, isAbsolute, resolve } from "node:path";
import { isPort } from "../../base/host-port.js";
import { isObject, jsonIn, listOf, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import { askApi } from "../api.js";
import { DEFAULT_API_PORT, localUrl } from "../server-url.js";
import { type Check, check } from "./check.js";

const TOLD_MS = 3_000;
/** As `/readyz` answers while there is a reason. */
const NOT_READY = 503;

/** What the server at an address of the API says of itself; `undefined` if none of this kind answers there. */
export interface Running {
  readonly version: string;
  /** The configuration that it has read, as its command line names it; "" if that is not known. */
  readonly file: string;
  readonly isReady: boolean;
  /** Why it is not ready, and what is worth knowing besides: sentences. */
  readonly told: readonly string[];
}

export async function askRunning(url: string): Promise<Running | undefined> {
  const ask = (path: string) => askApi(`${url}${path}`, { ms: TOLD_MS, status: NOT_READY });
  const version = await ask("/v1/version").catch(() => undefined);
  if (!version || textOf(version.Service) !== "Mesos-DNS") return undefined;
  const [state, config] = await Promise.all(["/readyz", "/v1/config"].map((path) => ask(path).catch(() => undefined)));
  const { ready, reasons, notes } = state ?? {};
  return {
    version: printable(textOf(version.Version)),
    file: printable(textOf(config?.File)),
    isReady: ready === true,
    told: [...listOf(reasons), ...listOf(notes)].map((text) => printable(textOf(text))),
  };
}

/** Whether a server runs with another file than this one. A relative name is known by its last part alone. */
export function isOfAnother({ file }: Running, own: string): boolean {
  if (file === "") return false;
  return isAbsolute(file) ? file !== resolve(own) : basename(file) !== basename(own);
}

/** How the server that runs is, if one does. @param file the configuration that is looked at */
export function judgeRunning(url: string, running: Running | undefined, file: string): Check {
  const what = "running server";
  if (!running) return check(what, "unknown", `none answers at ${url}`);
  const { version, isReady, told } = running;
  if (isOfAnother(running, file)) {
    const advice = "give this configuration another httpport, and another port, to run it beside that one";
    return check(what, "warning", `a server with another configuration, ${running.file}, answers at ${url}`, advice);
  }
  const more = told.length > 0 ? `: ${told.join("; ")}` : "";
  if (isReady) return check(what, "ok", `version ${version} answers at ${url}, and is ready${more}`);
  const advice = `docs/operations.md says what to do; ${url}/ shows more`;
  return check(what, "warning", `version ${version} answers at ${url}, and is not ready${more}`, advice);
}

/** Where a server may run whose configuration has faults by now: as it says all the same, or at the usual port. */
export function urlDespiteFaults(file: string): string {
  const keys = jsonIn(textIn(file));
  const port = isObject(keys) ? keys.httpport : undefined;
  return localUrl(isPort(port) ? port : DEFAULT_API_PORT);
}

function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

import { causeOf, MesosDnsError } from "../base/errors.js";
import { isObject, listOf, textOf } from "../base/lenient.js";
import { printable } from "../base/printable.js";
import { loadConfig } from "../config/load.js";
import { explain } from "../explain/explain.js";
import type { Finding } from "../explain/finding.js";
import { MAX_QUESTION } from "../explain/question.js";
import { withRecordsFile } from "../process/records-file.js";
import { explainable } from "../threads/explainable.js";
import { loadOptions } from "./configuration.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { buildOffline } from "./offline.js";
import { serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["server", "value"],
  ["state", "value"],
  ["config", "value"],
  ["client", "value"],
  ["json", "switch"],
]);
const ANSWER_MS = 60_000;

type Printed = Pick<Finding, "text"> & { readonly reason: string };

/**
 * `mesos-dns explain`: prints why a name, a task or an address is answered as it is, by a server that runs or for a state.
 * @throws {MesosDnsError} USAGE, SERVER_UNREACHABLE, or what reading a configuration or a state throws
 */
export async function runExplain(words: readonly string[]): Promise<void> {
  const { flags, question } = readWords(words);
  const [state, client] = [flags.get("state"), flags.get("client")];
  if (state !== undefined && (flags.has("server") || client !== undefined))
    throw usage("explain takes --state, or --server and --client");
  const findings =
    state === undefined
      ? await ofServer(serverUrl(flags.get("server"), flags.get("config")), question, client)
      : await ofState(state, flags.get("config"), question);
  const text = flags.has("json")
    ? JSON.stringify({ question, findings }, null, 2)
    : findings.map((finding) => finding.text).join("\n");
  process.stdout.write(`${text}\n`);
}

function readWords(words: readonly string[]) {
  const { flags, rest } = parseMixed(words, FLAGS);
  const [question, ...more] = rest;
  if (question === undefined) throw usage("explain needs a name, the id of a task or an address");
  if (more.length > 0) throw usage(`unexpected argument ${JSON.stringify(more[0])}`);
  if (question.length > MAX_QUESTION) throw usage(`nothing has a name of more than ${MAX_QUESTION} characters`);
  return { flags, question };
}

async function ofServer(url: string, question: string, client: string | undefined): Promise<readonly Printed[]> {
  const query = new URLSearchParams({ q: question, ...(client !== undefined && { client }) });
  const place = `${url}/v1/explain?${query}`;
  const failed = (why: string) =>
    new MesosDnsError(
      "SERVER_UNREACHABLE",
      `no explanation from ${url}: ${why}; --server URL says where the server's httpport is, --state FILE explains a saved state`,
    );
  const response = await fetch(place, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((error: unknown) => {
    throw failed(causeOf(error));
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!isObject(body) || !response.ok)
    throw failed((isObject(body) && textOf(body.error)) || `status ${response.status}`);
  return listOf(body.findings).map((each) => {
    const { reason, text } = isObject(each) ? each : {};
    return { reason: textOf(reason), text: printable(textOf(text)) };
  });
}

async function ofState(file: string, configFile: string | undefined, question: string): Promise<readonly Printed[]> {
  const config = withRecordsFile(loadConfig(loadOptions(configFile, false)).config);
  const { builder } = await buildOffline(file, config);
  const basis = explainable(builder, { isReported: () => undefined });
  if (!basis) throw new MesosDnsError("INTERNAL", "a first build gave no zone");
  const work = explain(question, basis);
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}

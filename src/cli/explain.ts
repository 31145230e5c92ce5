import { printableJson } from "../base/printable.js";
import { MAX_QUESTION } from "../explain/question.js";
import { explainOffline, offlineBasis, ofServer } from "./explanation.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["server", "value"],
  ["state", "value"],
  ["config", "value"],
  ["client", "value"],
  ["json", "switch"],
]);

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
      : explainOffline(await offlineBasis(state, flags.get("config")), question);
  const text = flags.has("json")
    ? printableJson(JSON.stringify({ question, findings }, null, 2))
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

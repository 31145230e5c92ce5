import { MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { printable } from "../base/printable.js";
import { readQuestion } from "../explain/question.js";
import { ZoneAsker } from "../explain/zone-answer.js";
import { reverseName } from "../views/reverse/reverse-names.js";
import type { Message } from "../wire/message.js";
import { RCODE, TYPE, typeNumber } from "../wire/protocol.js";
import { askDns } from "./dns-client.js";
import { explainOffline, offlineBasis, ofServer, type Printed } from "./explanation.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { messageLines, shortLines } from "./message-text.js";
import { dnsServer, serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["server", "value"],
  ["state", "value"],
  ["config", "value"],
  ["x", "value"],
  ["tcp", "switch"],
  ["short", "switch"],
  ["no-explain", "switch"],
]);

/**
 * `mesos-dns query NAME [TYPE] [@SERVER]`: prints the answer as dig does, and why it is so.
 * @throws {MesosDnsError} USAGE, SERVER_UNREACHABLE, or what reading a configuration or a state throws
 */
export async function runQuery(words: readonly string[]): Promise<void> {
  const { flags, name, type, at } = readWords(words);
  const state = flags.get("state");
  const isShort = flags.has("short");
  const isExplained = !isShort && !flags.has("no-explain");
  if (state !== undefined) {
    const basis = await offlineBasis(state, flags.get("config"));
    const message = new ZoneAsker(basis.snapshot).message(name, type);
    print(message, isShort, `from the state in ${state}`, isExplained ? explainOffline(basis, name) : []);
    return;
  }
  const server = dnsServer(at, flags.get("config"));
  const { message, transport, ms } = await askDns(server, name, type, flags.has("tcp")).catch((error: Error) => {
    // --server says where the API is, and may be taken for it.
    if (at !== undefined || !flags.has("server")) throw error;
    throw new MesosDnsError("SERVER_UNREACHABLE", `${error.message}; @ADDRESS:PORT says where it answers DNS`);
  });
  const from = `from ${formatHostPort(server)} over ${transport} in ${ms.toFixed(1)} ms`;
  // A server that is named may be anybody's; one that is not is the one of the configuration.
  const isOurs = at === undefined || flags.has("server");
  const why = isExplained && isOurs ? await explanation(serverUrl(flags.get("server"), flags.get("config")), name) : [];
  print(message, isShort, from, why);
}

/** The answer is worth printing even if nobody explains it. */
function explanation(url: string, name: string): Promise<readonly Printed[]> {
  return ofServer(url, name, undefined).catch((error: Error) => [{ reason: "", text: error.message }]);
}

function readWords(words: readonly string[]) {
  const { flags, rest } = parseMixed(words, FLAGS);
  const at = rest.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
  const reverse = flags.get("x");
  const asked = [...(reverse === undefined ? [] : [reverse]), ...rest.filter((word) => !word.startsWith("@"))];
  const [given, typeWord, ...more] = asked;
  if (given === undefined) throw usage("query needs a name");
  if (more.length > 0 || at.length > 1) throw usage(`unexpected argument ${JSON.stringify(more[0] ?? `@${at[1]}`)}`);
  const { name: written, address } = readQuestion(given);
  if (reverse !== undefined && !address) throw usage(`-x needs an address, not ${JSON.stringify(reverse)}`);
  const name = address ? reverseName(address) : given === "." ? "" : written;
  const type = typeWord === undefined ? (address ? TYPE.PTR : TYPE.A) : typeNumber(typeWord);
  if (name === undefined) throw usage(`${JSON.stringify(given)} is no domain name`);
  if (type === undefined || type === TYPE.AXFR || type === TYPE.IXFR)
    throw usage(
      `${JSON.stringify(typeWord)} is no type of record that can be asked for: write NAME and behind it A, AAAA, SRV, TXT, …; flags begin with dashes`,
    );
  return { flags, name, type, at: at[0] };
}

function print(message: Message | undefined, isShort: boolean, from: string, why: readonly Printed[]): void {
  const lines = !message
    ? ["; there is no answer: the name is in no zone of this state"]
    : isShort
      ? shortLines(message)
      : [...messageLines(message), `;; ${from}`];
  const isEmpty = message && message.rcode === RCODE.NOERROR && message.answers.length === 0;
  const meaning = isEmpty && !isShort ? [";; NODATA: the name exists, and has no record of this type"] : [];
  // The answer's records have been printed.
  const reasons = why.filter(({ reason }) => reason !== "records").map(({ text }) => `;; ${text}`);
  process.stdout.write([...lines, ...meaning, ...reasons].map((line) => `${printable(line)}\n`).join(""));
}

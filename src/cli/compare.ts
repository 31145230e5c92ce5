import { causeOf, MesosDnsError } from "../base/errors.js";
import { formatHostPort, type HostPort } from "../base/host-port.js";
import { isObject, textOf } from "../base/lenient.js";
import { printable } from "../base/printable.js";
import { readDnsServer } from "../config/names.js";
import type { Message } from "../wire/message.js";
import { rcodeName, TYPE } from "../wire/protocol.js";
import { rdataText } from "../zone/rdata-text.js";
import { askDns } from "./dns-client.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { dnsServer, serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["with", "value"],
  ["server", "value"],
  ["config", "value"],
  ["json", "switch"],
]);
/** The lists of `/v1/axfr`, and the types of what is in them. */
const LISTS = { As: TYPE.A, AAAAs: TYPE.AAAA, SRVs: TYPE.SRV } as const;
const TYPE_NAMES = new Map<number, string>([
  [TYPE.A, "A"],
  [TYPE.AAAA, "AAAA"],
  [TYPE.SRV, "SRV"],
]);
/** Questions that wait for their answers at a time. */
const AT_ONCE = 32;
const LIST_MS = 60_000;

interface Asked {
  readonly name: string;
  readonly type: number;
}

export interface Difference extends Asked {
  readonly ours: string;
  readonly theirs: string;
}

/**
 * `mesos-dns compare --with ADDRESS`: asks this server and another one, such as a Mesos-DNS, every name of the domain that this one
 * publishes, and prints where their answers differ. The exit code is 1 if any do.
 * @throws {MesosDnsError} USAGE, SERVER_UNREACHABLE
 */
export async function runCompare(words: readonly string[]): Promise<void> {
  const { flags, rest } = parseMixed(words, FLAGS);
  const at = rest.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
  const [unexpected] = [...rest.filter((word) => !word.startsWith("@")), ...at.slice(1)];
  if (unexpected !== undefined) throw usage(`unexpected argument ${JSON.stringify(unexpected)}`);
  const other = readDnsServer(flags.get("with") ?? "");
  if (!other) throw usage("compare needs --with ADDRESS, the other server, with a port or without");
  const own = dnsServer(at[0], flags.get("config"));
  const questions = await questionsOf(serverUrl(flags.get("server"), flags.get("config")));
  // One that is not there would differ in every name.
  for (const server of [own, other]) await askDns(server, questions[0]?.name ?? ".", questions[0]?.type ?? TYPE.A);
  const differences = await differencesBetween(own, other, questions);
  const same = questions.length - differences.length;
  if (flags.has("json")) process.stdout.write(`${JSON.stringify({ asked: questions.length, differences }, null, 2)}\n`);
  else {
    const lines = differences.map(({ name, type, ours, theirs }) => [
      `${name} ${TYPE_NAMES.get(type) ?? type}`,
      `  ${formatHostPort(own)}: ${ours}`,
      `  ${formatHostPort(other)}: ${theirs}`,
    ]);
    process.stdout.write(
      [...lines.flat(), `${same} of ${questions.length} answers are the same`]
        .map((line) => `${printable(line)}\n`)
        .join(""),
    );
  }
  if (differences.length > 0) process.exitCode = 1;
}

/** Every name of the domain, with the types that it has. */
async function questionsOf(url: string): Promise<readonly Asked[]> {
  const failed = (why: string) =>
    new MesosDnsError(
      "SERVER_UNREACHABLE",
      `no list of names from ${url}/v1/axfr: ${why}; --server URL says where the server's httpport is`,
    );
  const response = await fetch(`${url}/v1/axfr`, { signal: AbortSignal.timeout(LIST_MS) }).catch((error: unknown) => {
    throw failed(causeOf(error));
  });
  const body: unknown = await response.json().catch(() => undefined);
  const records = isObject(body) ? body.Records : undefined;
  const told = isObject(body) ? textOf(body.error) : "";
  if (!response.ok || !isObject(records)) throw failed(told || `status ${response.status}`);
  return Object.entries(LISTS).flatMap(([list, type]) => {
    const names = records[list];
    return isObject(names) ? Object.keys(names).map((name) => ({ name, type })) : [];
  });
}

async function differencesBetween(
  own: HostPort,
  other: HostPort,
  questions: readonly Asked[],
): Promise<readonly Difference[]> {
  const waiting = [...questions].reverse();
  const differences: Difference[] = [];
  const work = async () => {
    for (let asked = waiting.pop(); asked; asked = waiting.pop()) {
      const { name, type } = asked;
      const [ours, theirs] = await Promise.all([own, other].map((server) => summaryOf(server, asked)));
      if (ours !== theirs) differences.push({ name, type, ours: ours ?? "", theirs: theirs ?? "" });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return differences.sort((a, b) => (a.name === b.name ? a.type - b.type : a.name < b.name ? -1 : 1));
}

/** What a server says, without the order and the times of its records. */
async function summaryOf(server: HostPort, { name, type }: Asked): Promise<string> {
  try {
    return textOfAnswer((await askDns(server, name, type)).message, type);
  } catch (error) {
    return causeOf(error);
  }
}

function textOfAnswer({ rcode, answers }: Message, type: number): string {
  const data = answers
    .filter((record) => record.type === type)
    .map(({ rdata }) => rdataText(type, rdata).toLowerCase());
  const status = rcodeName(rcode) ?? `RCODE${rcode}`;
  return data.length > 0
    ? [...new Set(data)].sort().join(", ")
    : `${status}, no ${TYPE_NAMES.get(type) ?? "such"} record`;
}

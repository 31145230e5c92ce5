import { setTimeout as sleep } from "node:timers/promises";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { formatHostPort, type HostPort } from "../base/host-port.js";
import { isObject } from "../base/lenient.js";
import { printable, printableJson } from "../base/printable.js";
import { readDnsServer } from "../config/names.js";
import type { Message } from "../wire/message.js";
import { rcodeName, TYPE } from "../wire/protocol.js";
import { rdataText } from "../zone/rdata-text.js";
import { askApi } from "./api.js";
import { askDns } from "./dns-client.js";
import { type FlagKind, parseMixed, usage } from "./flags.js";
import { DEFAULT_API_PORT, dnsServer, readUrl, serverUrl } from "./server-url.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["with", "value"],
  ["with-server", "value"],
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
/** How the text of a question begins that has no answer. */
const UNANSWERED = "not answered: ";
/** How often names that differ are asked again, and how long before: servers that poll may be a while behind each other. */
const MORE_TRIES = 2;
const PAUSE_MS = 3_000;
/** Questions that wait for their answers at a time. */
const AT_ONCE = 32;
const LIST_MS = 60_000;
/** A hundred thousand tasks have some 150 MB. */
const LIST_BYTES = 2 ** 30;

interface Asked {
  readonly name: string;
  readonly type: number;
}

export interface Difference extends Asked {
  readonly ours: string;
  readonly theirs: string;
}

/**
 * `mesos-dns compare --with ADDRESS`: asks this server and another one, such as a Mesos-DNS, every name that one of them lists, and
 * prints where their answers differ, and still do some seconds later. The exit code is 1 if any do.
 * @throws {MesosDnsError} USAGE, SERVER_UNREACHABLE
 */
export async function runCompare(words: readonly string[]): Promise<void> {
  const { flags, own, other } = readWords(words);
  const listed = await questionsOf(serverUrl(flags.get("server"), flags.get("config")));
  // One that is not there would differ in every name.
  for (const server of [own, other]) await askDns(server, listed[0]?.name ?? ".", listed[0]?.type ?? TYPE.A);
  const theirUrl = readUrl(flags.get("with-server") ?? formatHostPort({ host: other.host, port: DEFAULT_API_PORT }));
  const theirs = await questionsOf(theirUrl).catch((error: unknown) => {
    // One that is named is there; one that is guessed may be another program, or none.
    if (flags.has("with-server")) throw error;
    return undefined;
  });
  const all = new Map([...listed, ...(theirs ?? [])].map((each) => [`${each.name} ${each.type}`, each]));
  let differences = await differencesBetween(own, other, [...all.values()]);
  for (let tries = 0; tries < MORE_TRIES && differences.length > 0; tries++) {
    await sleep(PAUSE_MS);
    differences = await differencesBetween(own, other, differences);
  }
  const text = flags.has("json")
    ? printableJson(JSON.stringify(reportOf(all.size, theirs !== undefined, differences), null, 2))
    : [
        ...differences.flatMap((difference) => linesOf(difference, own, other)),
        `${all.size - differences.length} of ${all.size} answers are the same, whatever their TTL`,
        ...(theirs ? [] : [unlisted(theirUrl)]),
      ]
        .map(printable)
        .join("\n");
  process.stdout.write(`${text}\n`);
  if (differences.length > 0) process.exitCode = 1;
}

function reportOf(asked: number, areBothListed: boolean, differences: readonly Difference[]) {
  const named = differences.map((each) => ({ ...each, type: TYPE_NAMES.get(each.type) ?? String(each.type) }));
  return { asked, areBothListed, differences: named };
}

function readWords(words: readonly string[]) {
  const { flags, rest } = parseMixed(words, FLAGS);
  const at = rest.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
  const [unexpected] = [...rest.filter((word) => !word.startsWith("@")), ...at.slice(1)];
  if (unexpected !== undefined) throw usage(`unexpected argument ${JSON.stringify(unexpected)}`);
  const other = readDnsServer(flags.get("with") ?? "");
  if (!other) throw usage("compare needs --with ADDRESS, the other server, with a port or without");
  return { flags, own: dnsServer(at[0], flags.get("config")), other };
}

function linesOf({ name, type, ours, theirs }: Difference, own: HostPort, other: HostPort): readonly string[] {
  return [
    `${name} ${TYPE_NAMES.get(type) ?? type}`,
    `  ${formatHostPort(own)}: ${ours}`,
    `  ${formatHostPort(other)}: ${theirs}`,
  ];
}

function unlisted(url: string): string {
  return `names that the other server alone has were not asked: there is no list at ${url}; --with-server URL says where its HTTP API is`;
}

/** Every name of the domain, with the types that it has. @throws {MesosDnsError} SERVER_UNREACHABLE */
async function questionsOf(url: string): Promise<readonly Asked[]> {
  const failed = (why: string) =>
    new MesosDnsError(
      "SERVER_UNREACHABLE",
      `no list of names from ${url}/v1/axfr: ${why}; --server URL and --with-server URL say where the servers' httpport is`,
    );
  const body = await askApi(`${url}/v1/axfr`, { ms: LIST_MS, maxBytes: LIST_BYTES }).catch((error: Error) => {
    throw failed(error.message);
  });
  const { Records: records } = body;
  if (!isObject(records)) throw failed("what it answered is no such list");
  return Object.entries(LISTS).flatMap(([list, type]) => {
    const names = records[list];
    return isObject(names) ? Object.keys(names).map((name) => ({ name: name.toLowerCase(), type })) : [];
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
      const [ours = "", theirs = ""] = await Promise.all([own, other].map((server) => summaryOf(server, asked)));
      if (!isSame(ours, theirs)) differences.push({ name, type, ours, theirs });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return differences.sort((a, b) => (a.name === b.name ? a.type - b.type : a.name < b.name ? -1 : 1));
}

/** What a server says, without the order and the times of its records. What is not answered is equal to nothing. */
async function summaryOf(server: HostPort, { name, type }: Asked): Promise<string> {
  try {
    return textOfAnswer((await askDns(server, name, type)).message, type);
  } catch (error) {
    return `${UNANSWERED}${messageOf(error)}`;
  }
}

function isSame(ours: string, theirs: string): boolean {
  return ours === theirs && !ours.startsWith(UNANSWERED);
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

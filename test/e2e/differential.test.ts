import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/base/random.js";
import type { At } from "../support/ask.js";
import { askMany } from "../support/ask-many.js";
import { type Authority, startAuthority } from "../support/authoritative.js";
import { encodeQuery } from "../support/dns.js";
import { motleyCluster } from "../support/motley-cluster.js";
import { printedZone } from "../support/printed-zone.js";
import { type GeneratedQuery, QueryGenerator } from "../support/query-generator.js";
import { type Reply, replyOf } from "../support/replies.js";
import { ScriptedMaster, stateOf } from "../support/scripted-master.js";
import { Server } from "../support/server.js";
import { read, tableRows } from "../unit/docs/files.js";

/** The zone of a large cluster, served here and by other people's servers, and the same questions for all of them. */

const QUERIES = 20_000;
const SEED = 20_260_101;
/** Sets that do not fit into 512 octets, but into 1232: each is asked for with every payload between. */
const SWEPT = ["set30.", "set70.", "_ports9._tcp.", "_ports18._tcp."];
const PAYLOADS = Array.from({ length: 1232 - 512 + 1 }, (_, i) => 512 + i);
const DOMAIN = "mesos";
const CONFIG = { listener: "127.0.0.1", externalon: false, SOAMinttl: 30 };

const NOERROR = 0;
const FORMERR = 1;
const NOTIMP = 4;
const REFUSED = 5;
const NOTAUTH = 9;
const A = 1;
const AAAA = 28;
const IXFR = 251;
const AXFR = 252;
const ANY = 255;

type Other = "Knot" | "NSD";

/** A way in which answers differ on purpose: a row of the table in docs/dns.md. */
interface Difference {
  /** The row's first cell. */
  readonly query: string;
  readonly servers: readonly Other[];
  readonly isOne: (query: GeneratedQuery, here: Reply, there: Reply) => boolean;
}

const isApex = ({ labels }: GeneratedQuery) => labels.length === 1 && labels[0].toString() === DOMAIN;
const isTransfer = ({ type }: GeneratedQuery) => type === AXFR || type === IXFR;
const rcodes = (here: Reply, there: Reply) => [here.rcode, there.rcode].join();

const DIFFERENCES: readonly Difference[] = [
  {
    query: "class ANY",
    servers: ["Knot", "NSD"],
    isOne: (query, { rcode, answer, authority }) =>
      query.class === 255 && rcode === REFUSED && answer.length + authority.length === 0,
  },
  {
    query: "ANY over TCP",
    servers: ["Knot", "NSD"],
    isOne: ({ type, stream }, here, there) =>
      type === ANY && stream && there.answer.length > 0 && there.answer.every((record) => here.answer.includes(record)),
  },
  {
    query: "ANY for the domain over UDP",
    servers: ["Knot"],
    isOne: (query, here, there) =>
      query.type === ANY &&
      !query.stream &&
      isApex(query) &&
      / soa /.test(here.answer.join()) &&
      / ns /.test(there.answer.join()),
  },
  {
    query: "A or AAAA that does not fit into a datagram",
    servers: ["Knot", "NSD"],
    isOne: ({ type, stream }, here, there) =>
      (type === A || type === AAAA) &&
      !stream &&
      here.flags === there.flags &&
      here.flags.split(" ").includes("tc") &&
      here.answer.length > 0 &&
      there.answer.length === 0,
  },
  {
    query: "AXFR over UDP",
    servers: ["Knot", "NSD"],
    isOne: (query, here, there) =>
      query.type === AXFR &&
      !query.stream &&
      rcodes(here, there) === [isApex(query) ? FORMERR : NOTAUTH, NOTIMP].join(),
  },
  {
    query: "IXFR for the domain, AXFR over TCP",
    servers: ["Knot"],
    isOne: (query, here, there) =>
      isTransfer(query) && isApex(query) && rcodes(here, there) === [REFUSED, NOTAUTH].join(),
  },
  {
    query: "AXFR or IXFR in class CH",
    servers: ["Knot"],
    isOne: (query, here, there) =>
      isTransfer(query) && query.class === 3 && rcodes(here, there) === [REFUSED, NOTIMP].join(),
  },
  {
    query: "type 0",
    servers: ["Knot"],
    isOne: ({ type }, _, { rcode }) => type === 0 && rcode === NOTIMP,
  },
  {
    query: "EDNS with a payload of 1 octet",
    servers: ["Knot"],
    isOne: ({ edns }, _, { rcode }) => edns?.payload === 1 && rcode === FORMERR,
  },
];

/** The owner of every record in a master file, as labels. */
function ownersIn(zone: string): Buffer[][] {
  const owners = zone.match(/^[^\s$]\S*(?=\.\t)/gm) ?? [];
  return owners.map((owner) => owner.split(".").map(labelOctets));
}

/** The same question with every payload. */
function sweepOf(labels: readonly Buffer[]): GeneratedQuery[] {
  const type = labels[0].toString().startsWith("_") ? 33 : 1;
  return PAYLOADS.map((payload) => {
    const message = encodeQuery(labels.join("."), { type: type === 33 ? "SRV" : "A", edns: payload });
    return { message, stream: false, labels, type, class: 1, edns: { payload, version: 0, dnssecOk: false } };
  });
}

function labelOctets(text: string): Buffer {
  return Buffer.from(
    text.replace(/\\(\d{3})/g, (_, decimal) => String.fromCharCode(Number(decimal))),
    "latin1",
  );
}

let master: ScriptedMaster;
let server: Server;
let queries: GeneratedQuery[];
let here: (Reply | undefined)[];
const authorities: Partial<Record<Other, Authority>> = {};
beforeAll(async () => {
  master = await ScriptedMaster.start();
  const state = motleyCluster(SEED);
  master.lead(state);
  const config = { ...CONFIG, masters: [master.address] };
  server = await Server.start(config);
  const zone = await printedZone(config, stateOf(master, state));
  for (const name of ["Knot", "NSD"] as const) authorities[name] = await startAuthority(name, DOMAIN, zone);
  const owners = ownersIn(zone);
  const generator = new QueryGenerator(createRandom(SEED), [Buffer.from(DOMAIN)], owners);
  const swept = SWEPT.map((start) => owners.find((labels) => labels.join(".").startsWith(start)) ?? []);
  queries = [...Array.from({ length: QUERIES }, () => generator.next()), ...swept.flatMap(sweepOf)];
  here = await repliesFrom(server);
});
afterAll(async () => {
  await Promise.all(Object.values(authorities).map((authority) => authority.stop()));
  await server?.stop();
  await master?.stop();
});

async function repliesFrom(at: At): Promise<(Reply | undefined)[]> {
  const answers = await askMany(at, queries);
  return answers.map((answer) => answer && replyOf(answer));
}

function count(isOne: (reply: Reply) => boolean): number {
  return here.filter((reply) => reply && isOne(reply)).length;
}

function show({ labels, type, class: klass, stream, edns, message }: GeneratedQuery): string {
  const name = labels.map((label) => label.toString("latin1")).join(".");
  const question = [name, `TYPE${type}`, `CLASS${klass}`, stream ? "TCP" : "UDP", JSON.stringify(edns ?? "no EDNS")];
  return [...question, Buffer.from(message).toString("hex")].join(" ");
}

it("the questions come to every kind of answer, often", () => {
  const isEmpty = ({ answer, flags }: Reply) => answer.length === 0 && flags.startsWith("aa") && !flags.includes("tc");
  const kinds = {
    positive: count(({ answer }) => answer.length > 0),
    large: count(({ answer }) => answer.length > 20),
    truncated: count(({ flags }) => flags.includes("tc")),
    noData: count((reply) => reply.rcode === NOERROR && isEmpty(reply)),
    noName: count(({ rcode }) => rcode === 3),
    refused: count(({ rcode }) => rcode === REFUSED),
    badVersion: count(({ rcode }) => rcode === 16),
  };
  for (const [kind, times] of Object.entries(kinds)) expect(times, kind).toBeGreaterThan(50);
});

it("every question is answered", () => {
  expect(queries.filter((_, i) => !here[i]).map(show)).toEqual([]);
});

describe.each(["Knot", "NSD"] as const)("%s", (name) => {
  it("answers as this server does, but for the differences that are listed, each of which occurs", async () => {
    const there = await repliesFrom(authorities[name] as Authority);
    const listed = DIFFERENCES.filter(({ servers }) => servers.includes(name));
    const seen = new Set<string>();
    const others: string[] = [];
    queries.forEach((query, i) => {
      const [ours, theirs] = [here[i], there[i]];
      if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
      const known = ours && theirs && listed.find(({ isOne }) => isOne(query, ours, theirs));
      if (known) seen.add(known.query);
      else others.push([show(query), "here", JSON.stringify(ours), name, JSON.stringify(theirs)].join("\n"));
    });
    expect(others.slice(0, 10), `${others.length} differences`).toEqual([]);
    expect(seen).toEqual(new Set(listed.map(({ query }) => query)));
  });
});

it("docs/dns.md lists the differences", () => {
  const rows = tableRows(read("docs/dns.md"), "Query");
  expect(rows.map(([query]) => query)).toEqual(DIFFERENCES.map(({ query }) => query));
  rows.forEach(([, , knot, nsd], i) => {
    const differing = [knot === "as here" ? [] : ["Knot"], nsd === "as here" ? [] : ["NSD"]].flat();
    expect(DIFFERENCES[i].servers).toEqual(differing);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../src/base/random.js";
import type { At } from "../support/ask.js";
import { askMany } from "../support/ask-many.js";
import { type Authority, startAuthority } from "../support/authoritative.js";
import { decode, encodeQuery, lines } from "../support/dns.js";
import { printedZone } from "../support/printed-zone.js";
import { type Reply, replyOf } from "../support/replies.js";
import { webAt } from "../support/scenario.js";
import { ScriptedMaster, stateOf } from "../support/scripted-master.js";
import { Server } from "../support/server.js";

/** Wildcards, aliases and delegations, served here and by other people's servers, and the same questions for all of them. */

const QUERIES = 6_000;
const SEED = 20_260_217;
const a = (name: string, ...value: string[]) => ({ name, type: "A", value });
const alias = (name: string, value: string) => ({ name, type: "CNAME", value });

const RECORDS = [
  a("ns1", "192.0.2.53"),
  a("mesos.", "192.0.2.1"),
  { name: "mesos.", type: "MX", value: [{ preference: 10, exchange: "mx" }] },
  { name: "mesos.", type: "CAA", value: { flags: 0, tag: "issue", value: "ca.example" } },
  a("mx", "192.0.2.25"),
  { name: "mx", type: "AAAA", value: "2001:db8::25" },
  { name: "about", type: "TXT", value: "kept by the platform team" },
  { name: "_db._tcp", type: "SRV", value: { priority: 0, weight: 5, port: 5432, target: "mx" } },
  // Wildcards: with neighbours, above empty non-terminals, in the middle, below each other, and as aliases.
  { ...a("*.lb", "192.0.2.80", "192.0.2.81"), ttl: 30 },
  { name: "*.lb", type: "TXT", value: "any" },
  a("own.lb", "192.0.2.82"),
  a("deep.below.own.lb", "192.0.2.83"),
  a("x.*.middle", "192.0.2.84"),
  a("*.ent.wild", "192.0.2.85"),
  a("*.wild", "192.0.2.86"),
  alias("*.alias", "own.lb"),
  alias("*.far", "www.example.org."),
  alias("*.nested", "any.lb"),
  // Aliases: to names here, to nothing, to each other, outside, and into delegated zones.
  alias("ftp", "www.example.org."),
  alias("one", "two"),
  alias("two", "three"),
  alias("three", "own.lb"),
  alias("lost", "nowhere"),
  alias("ent", "_tcp"),
  alias("deepwild", "a.b.c.ent.wild"),
  { name: "ns.wild", type: "NS", value: "ns.example.net." },
  { name: "*.under.lb", type: "CNAME", value: "q.lb" },
  alias("starred", "some.lb"),
  alias("into", "www.sub"),
  alias("top", "mesos."),
  // Delegations: with glue at and below the cut, without any, and under names that others are.
  { name: "sub", type: "NS", value: ["ns1.sub", "ns.example.net."] },
  a("ns1.sub", "192.0.2.54"),
  { name: "ns1.sub", type: "AAAA", value: "2001:db8::54" },
  { name: "self.zone", type: "NS", value: ["self.zone"] },
  a("self.zone", "192.0.2.55"),
  { name: "outer", type: "NS", value: ["ns1.example.net.", "ns2.example.net."] },
];

const TYPES = ["A", "A", "A", "AAAA", "TXT", "MX", "CNAME", "NS", "DS", "SRV", "CAA", "SOA"];
const LABELS = ["*", "www", "a", "b", "_tcp", "ns1", "own", "deep", "ent", "x", "zz"];
const DOMAIN = "mesos";

interface Question {
  readonly name: string;
  readonly type: string;
  readonly message: Uint8Array;
  readonly stream: boolean;
}

/** Names that are there, names below and above them, and names beside them. */
function questions(owners: readonly string[]): Question[] {
  const random = createRandom(SEED);
  return Array.from({ length: QUERIES }, () => {
    const name = nameFrom(owners, random);
    const type = one(TYPES, random);
    return { name, type, message: encodeQuery(name, { type, edns: 1232, rd: false }), stream: random() % 10 === 0 };
  });
}

function nameFrom(owners: readonly string[], random: Random): string {
  let labels = one(owners, random).split(".");
  if (random() % 4 === 0 && labels.length > 2) labels = labels.slice(1);
  const more = random() % 3;
  for (let i = 0; i < more; i++) labels = [one(LABELS, random), ...labels];
  if (random() % 5 === 0 && labels.length > 1) labels[0] = one(LABELS, random);
  return labels.join(".");
}

function one<T>(list: readonly T[], random: Random): T {
  return list[random() % list.length] as T;
}

let master: ScriptedMaster;
let server: Server;
let asked: Question[];
let here: (Referring | undefined)[];
const authorities: Partial<Record<"Knot" | "NSD", Authority>> = {};
beforeAll(async () => {
  master = await ScriptedMaster.start();
  const state = webAt("203.0.113.1", "203.0.113.2");
  master.lead(state);
  const config = { listener: "127.0.0.1", externalon: false, records: RECORDS, masters: [master.address] };
  server = await Server.start(config);
  const zone = await printedZone(config, stateOf(master, state));
  for (const name of ["Knot", "NSD"] as const) authorities[name] = await startAuthority(name, DOMAIN, zone);
  asked = questions([...zone.matchAll(/^([^\s$]\S*)\.\t/gm)].map(([, owner = ""]) => owner));
  here = await repliesFrom(server);
});
afterAll(async () => {
  await Promise.all(Object.values(authorities).map((authority) => authority.stop()));
  await server?.stop();
  await master?.stop();
});

/** A reply, with the addresses in its additional section if it is a referral: without them it would lead nowhere. */
interface Referring extends Reply {
  readonly glue: readonly string[];
}

async function repliesFrom(at: At): Promise<(Referring | undefined)[]> {
  const answers = await askMany(at, asked);
  return answers.map((answer) => {
    if (!answer) return undefined;
    const reply = replyOf(answer);
    const isReferral = / ns /.test(reply.authority.join());
    return { ...reply, glue: isReferral ? lines(decode(answer).additionals).sort() : [] };
  });
}

it("the questions come to every kind of answer, often", () => {
  const count = (isOne: (reply: Reply) => boolean) => here.filter((reply) => reply && isOne(reply)).length;
  const kinds = {
    positive: count(({ answer }) => answer.length > 0),
    aliased: count(({ answer }) => answer.join().includes(" cname ")),
    referred: count(({ authority, flags }) => / ns /.test(authority.join()) && !flags.startsWith("aa")),
    noData: count(
      ({ rcode, answer, authority }) => rcode === 0 && answer.length === 0 && / soa /.test(authority.join()),
    ),
    noName: count(({ rcode }) => rcode === 3),
  };
  for (const [kind, times] of Object.entries(kinds)) expect(times, kind).toBeGreaterThan(100);
});

describe.each(["Knot", "NSD"] as const)("%s", (name) => {
  it("answers as this server does: rcode, flags, answers, authority, and the addresses of a referral", async () => {
    const there = await repliesFrom(authorities[name] as Authority);
    const others = asked.flatMap(({ name: question, type }, i) => {
      const [ours, theirs] = [here[i], there[i]];
      if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
      return [[question, type, "here", JSON.stringify(ours), name, JSON.stringify(theirs)].join("\n")];
    });
    expect(others.slice(0, 10), `${others.length} differences`).toEqual([]);
  });
});

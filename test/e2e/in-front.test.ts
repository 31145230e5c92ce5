import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dig } from "../support/digs.js";
import { FLEET, FLEET_CLUSTER } from "../support/fleet-cluster.js";
import { ScriptedMaster } from "../support/scripted-master.js";
import { Server } from "../support/server.js";
import { refusal, Upstream } from "../support/upstream.js";
import { blocksOf, startValidator, VALIDATORS } from "../support/validators.js";

/** Validating resolvers in front of this server, with the lines that docs/in-front.md has for them. */

const SERVFAIL = 2;

type Name = keyof typeof VALIDATORS;

/** Whom everybody asks for everything else: it has no answer. */
let elsewhere: Upstream;
let master: ScriptedMaster;
let server: Server;
beforeAll(async () => {
  elsewhere = await Upstream.start((query) => refusal(query, SERVFAIL));
  master = await ScriptedMaster.start();
  master.lead(FLEET_CLUSTER);
  server = await Server.start({ masters: [master.address], externalon: true, resolvers: [elsewhere.address] });
});
afterAll(async () => {
  await server.stop();
  await master.stop();
  elsewhere.stop();
});

/** A resolver with the page's lines for the server, changed by `change`. */
async function inFront(name: Name, change = (text: string) => text) {
  const kind = VALIDATORS[name];
  const blocks = blocksOf(name).map((block) => change(block).replaceAll("192.0.2.53", kind.address(server.port)));
  const resolver = await startValidator(kind, blocks, elsewhere.port);
  onTestFinished(() => resolver.stop());
  return resolver;
}

const A = ["web.marathon.mesos", "A"];
const PTR = ["-x", "10.0.1.1"];

/** What the page says one sees without some of its lines, and the question for which one does. */
const WITHOUT: readonly [name: Name, line: RegExp, question: readonly string[], seen: string][] = [
  ["Unbound", /^ *domain-insecure: "mesos"\n/m, A, "SERVFAIL"],
  ["Unbound", /^ *private-domain:.*\n/m, A, "NOERROR, empty"],
  ["Unbound", /^ *local-zone:.*\n/m, PTR, "NXDOMAIN"],
  ["Unbound", /^ *do-not-query-localhost:.*\n/m, A, "SERVFAIL"],
  ["BIND", /^ *validate-except .*\n/m, A, "SERVFAIL"],
  ["BIND", /^zone "10[^}]*};\n};\n/m, PTR, "NXDOMAIN"],
  ["dnsmasq", /^rev-server=.*\n/m, PTR, "NXDOMAIN"],
  ["dnsmasq", /^rebind-domain-ok=.*\n/m, A, "NOERROR, empty"],
  ["PowerDNS Recursor", /^addNTA\("mesos".*\n/m, A, "SERVFAIL"],
  ["Knot Resolver", /^trust_anchors.*\n/m, A, "SERVFAIL"],
];

describe.each(Object.keys(VALIDATORS) as Name[])("behind %s, with the lines of the page,", (name) => {
  it("names have their addresses, ports and reverse names, all of them, and those that do not exist are denied", async () => {
    const resolver = await inFront(name);
    const address = await dig(resolver, "web.marathon.mesos", "A", "+dnssec");
    expect(address).toMatchObject({ status: "NOERROR", answer: [expect.stringMatching(/ A 10\.0\.1\.1$/)] });
    const service = await dig(resolver, "_web._tcp.marathon.mesos", "SRV");
    expect(service).toMatchObject({ status: "NOERROR", answer: [expect.stringMatching(/ SRV 0 \d+ 31000 web-/)] });
    const reverse = await dig(resolver, "-x", "10.0.1.1");
    expect(reverse).toMatchObject({ status: "NOERROR", answer: [expect.stringMatching(/ PTR web-.*mesos$/)] });
    const nobody = await dig(resolver, "nobody.marathon.mesos", "A");
    expect(nobody).toMatchObject({ status: "NXDOMAIN", answer: [] });
    expect(nobody.authority).toEqual([expect.stringMatching(/^mesos \d+ SOA /)]);
    expect(await dig(resolver, "web.marathon.mesos", "AAAA")).toMatchObject({ status: "NOERROR", answer: [] });
    expect(await dig(resolver, "-x", "10.9.9.9")).toMatchObject({ status: "NXDOMAIN" });
    // What stood beside a name that does not exist is still there.
    expect(await dig(resolver, "-x", "10.0.0.1")).toMatchObject({ status: "NOERROR" });
    // Asked for over TCP by dig itself, where the answer does not fit.
    const fleet = await dig(resolver, "fleet.marathon.mesos", "A");
    expect(fleet).toMatchObject({ status: "NOERROR" });
    expect(new Set(fleet.answer.map((line) => line.split(" ").at(-1)))).toHaveProperty("size", FLEET);
  });
});

/** The reverse zone of 10.0.0.0/16 instead, but where the resolver's own zone is meant. */
function narrowed(text: string): string {
  const own = /^ *local-zone:/;
  const narrow = (line: string) =>
    line.replaceAll("10.in-addr.arpa", "0.10.in-addr.arpa").replace("10.0.0.0/8", "10.0.0.0/16");
  return text
    .split("\n")
    .map((line) => (own.test(line) ? line : narrow(line)))
    .join("\n");
}

it.each(Object.keys(VALIDATORS) as Name[])("%s may be told of a part of the private network", async (name) => {
  const resolver = await inFront(name, narrowed);
  expect(await dig(resolver, ...PTR)).toMatchObject({ status: "NOERROR", answer: [expect.stringContaining(" PTR ")] });
});

it("Unbound answers for a part itself unless it is told not to", async () => {
  const resolver = await inFront("Unbound", (text) => narrowed(text).replace(/^ *local-zone:.*\n/m, ""));
  expect(await dig(resolver, ...PTR)).toMatchObject({ status: "NXDOMAIN" });
});

it.each(WITHOUT)("%s without %s has for %j: %s", async (name, line, question, seen) => {
  const resolver = await inFront(name, (text) => text.replace(line, ""));
  const { status, answer } = await dig(resolver, ...question);
  expect(answer.length > 0 || status !== "NOERROR" ? status : `${status}, empty`).toBe(seen);
});

/** PowerDNS follows the chain of trust for these too. */
const CHECKED = ["Unbound", "BIND", "Knot Resolver"] as const;

it.each(CHECKED)("%s has names that it takes for forged for those who do not want them checked", async (name) => {
  const resolver = await inFront(name, (text) =>
    text.replace(/^.*(domain-insecure|validate-except|set_insecure).*\n/gm, ""),
  );
  expect(await dig(resolver, ...A)).toMatchObject({ status: "SERVFAIL" });
  expect(await dig(resolver, "fleet.marathon.mesos", "A", "+cdflag")).toMatchObject({ status: "NOERROR" });
});

it("dnsmasq takes names for forged where it is given a key for the domain", async () => {
  const resolver = await inFront("dnsmasq", (text) => `${text}trust-anchor=mesos,20326,8,2,${"0".repeat(64)}\n`);
  expect(await dig(resolver, ...A)).toMatchObject({ status: "SERVFAIL" });
  expect(await dig(resolver, "fleet.marathon.mesos", "A", "+cdflag")).toMatchObject({ status: "NOERROR" });
});

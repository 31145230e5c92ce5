import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { READERS } from "../support/readers.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { Server } from "../support/server.js";

/** More addresses than fit into 1232 octets. */
const FLEET = Array.from({ length: 120 }, (_, i) => `198.51.100.${i + 1}`);
const SOA = /^mesos 30 SOA ns1\.mesos hostmaster\.example\.com \d+ 60 600 86400 30$/;
const LONG_LABEL = "l".repeat(63);
/** A discovery name that makes a name of 255 octets in `marathon.mesos` (RFC 1035 §2.3.4). */
const LONGEST = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(46)].join(".");
const LONGEST_NAME = `${LONGEST}.marathon.mesos`;

const CLUSTER = cluster({
  agents: [agent("S0", { ip: "192.0.2.10" }), agent("S1", { ip: "2001:db8::b" })],
  frameworks: [
    framework("marathon", {
      pid: "scheduler@192.0.2.20:15101",
      tasks: [
        task("web", { id: "web.1", agent: "S0", ports: [31000, 31001] }),
        task("web", { id: "web.2", agent: "S1", ports: [31000], ip: ["203.0.113.7", "2001:db8::7"] }),
        task("api", {
          agent: "S0",
          ip: "203.0.113.8",
          discovery: { name: "api", ports: [{ number: 8080, name: "http", protocol: "tcp" }, { number: 9000 }] },
        }),
        task(LONG_LABEL, { agent: "S0" }),
        task("longest", { agent: "S0", ip: "203.0.113.10", discovery: { name: LONGEST } }),
      ],
    }),
    framework("chronos.prod", {
      tasks: [
        task("backup", { agent: "S0", ip: "203.0.113.9" }),
        ...FLEET.map((ip) => task("fleet", { id: `fleet.${ip}`, agent: "S0", ports: [31000], ip })),
      ],
    }),
  ],
});

let master: ScriptedMaster;
let server: Server;
beforeAll(async () => {
  master = await ScriptedMaster.start();
  master.lead(CLUSTER);
  server = await Server.start({ masters: [master.address], SOAMinttl: 30, SOARname: "hostmaster@example.com" });
});
afterAll(async () => {
  await server?.stop();
  await master?.stop();
});

/** The canonical names of web's instances, by agent. */
async function webTargets(): Promise<{ onS0: string; onS1: string }> {
  const { answers } = await askUdp(server, "_web._tcp.marathon.mesos", { type: "SRV", edns: 1232 });
  const targets = lines(answers).map((line) => line.split(" ").at(-1) ?? "");
  const of = (suffix: string) => targets.find((target) => target.includes(suffix)) ?? "";
  return { onS0: of("-s0."), onS1: of("-s1.") };
}

/** Name, type, and the answer section. */
const POSITIVE: readonly (readonly [string, string, readonly string[]])[] = [
  ["web.marathon.mesos", "A", ["web.marathon.mesos 60 A 192.0.2.10", "web.marathon.mesos 60 A 203.0.113.7"]],
  ["web.marathon.mesos", "AAAA", ["web.marathon.mesos 60 AAAA 2001:db8::7"]],
  ["web.marathon.slave.mesos", "AAAA", ["web.marathon.slave.mesos 60 AAAA 2001:db8::b"]],
  ["api.marathon.mesos", "A", ["api.marathon.mesos 60 A 203.0.113.8"]],
  ["backup.chronos.prod.mesos", "A", ["backup.chronos.prod.mesos 60 A 203.0.113.9"]],
  ["marathon.mesos", "A", ["marathon.mesos 60 A 192.0.2.20"]],
  ["leader.mesos", "A", ["leader.mesos 60 A 127.0.0.1"]],
  ["master0.mesos", "A", ["master0.mesos 60 A 127.0.0.1"]],
  ["slave.mesos", "AAAA", ["slave.mesos 60 AAAA 2001:db8::b"]],
  [`${LONG_LABEL}.marathon.mesos`, "A", [`${LONG_LABEL}.marathon.mesos 60 A 192.0.2.10`]],
];

const NEGATIVE = [
  ["another type of a name", "web.marathon.mesos", "TXT", "NOERROR"],
  ["a PTR of a name", "web.marathon.mesos", "PTR", "NOERROR"],
  ["a name between others", "_tcp.marathon.mesos", "A", "NOERROR"],
  ["a framework's name with a dot, halfway", "prod.mesos", "SRV", "NOERROR"],
  ["an address of the domain itself", "mesos", "A", "NOERROR"],
  ["a name nobody has", "nobody.marathon.mesos", "A", "NXDOMAIN"],
  ["a service nobody has", "_nobody._tcp.marathon.mesos", "SRV", "NXDOMAIN"],
  ["a name below a leaf", "x.web.marathon.mesos", "A", "NXDOMAIN"],
] as const;

describe.each(READERS)("asked with %s", (_, read) => {
  it.each(POSITIVE)("%s %s has its records and nothing else", async (name, type, answers) => {
    expect(await read(server, name, type)).toEqual({
      rcode: "NOERROR",
      aa: true,
      answers,
      authorities: [],
      additionals: [],
    });
  });

  it("an SRV question gets every port of every instance, and every address of every target", async () => {
    const { onS0, onS1 } = await webTargets();
    expect(await read(server, "_web._tcp.marathon.mesos", "SRV")).toEqual({
      rcode: "NOERROR",
      aa: true,
      answers: [
        `_web._tcp.marathon.mesos 60 SRV 0 1 31000 ${onS0}`,
        `_web._tcp.marathon.mesos 60 SRV 0 1 31000 ${onS1}`,
        `_web._tcp.marathon.mesos 60 SRV 0 1 31001 ${onS0}`,
      ].sort(),
      authorities: [],
      additionals: [`${onS0} 60 A 192.0.2.10`, `${onS1} 60 AAAA 2001:db8::b`].sort(),
    });
  });

  it("a port named in discovery has an SRV name of its own", async () => {
    const { answers, additionals } = await read(server, "_http._api._tcp.marathon.mesos", "SRV");
    expect(answers).toEqual([expect.stringMatching(/ SRV 0 1 8080 api-\w{5}-s0\.marathon\.mesos$/)]);
    expect(additionals).toEqual([expect.stringMatching(/^api-\w{5}-s0\.marathon\.mesos 60 A 203\.0\.113\.8$/)]);
  });

  it.each(NEGATIVE)("%s is denied with the SOA", async (_what, name, type, rcode) => {
    expect(await read(server, name, type)).toEqual({
      rcode,
      aa: true,
      answers: [],
      authorities: [expect.stringMatching(SOA)],
      additionals: [],
    });
  });

  it("the domain has its SOA, and its name server with addresses", async () => {
    const soa = await read(server, "mesos", "SOA");
    expect(soa.answers).toEqual([expect.stringMatching(SOA.source.replace("mesos 30", "mesos 60"))]);
    const ns = await read(server, "mesos", "NS");
    expect([ns.answers, ns.additionals]).toEqual([["mesos 60 NS ns1.mesos"], ["ns1.mesos 60 A 127.0.0.1"]]);
  });

  it("an answer too large for a datagram comes whole in the end", async () => {
    const { answers } = await read(server, "fleet.chronos.prod.mesos", "A");
    expect(answers).toEqual(FLEET.map((ip) => `fleet.chronos.prod.mesos 60 A ${ip}`).sort());
  });

  it("the longest name there can be is found", async () => {
    const { answers } = await read(server, LONGEST_NAME, "A");
    expect(answers).toEqual([`${LONGEST_NAME} 60 A 203.0.113.10`]);
  });

  it("a name that was not asked for in lower case is found", async () => {
    const { rcode, answers } = await read(server, "Backup.CHRONOS.prod.Mesos", "A");
    expect([rcode, answers.length]).toEqual(["NOERROR", 1]);
    expect(answers[0]).toMatch(/^backup\.chronos\.prod\.mesos 60 A 203\.0\.113\.9$/i);
  });
});

import { describe, expect, test } from "vitest";
import { askUdp, sendUdp, TcpClient } from "../support/ask.js";
import { type Dug, dig, kdig } from "../support/digs.js";
import { decode, encodeIxfr, encodeQuery, type Message } from "../support/dns.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import type { Server } from "../support/server.js";

/** The rows of docs/dns.md, asked as operators ask. */

const SECRET = "000102030405060708090a0b0c0d0e0f";
const NAME = "web.marathon.mesos";

async function serve(config: Readonly<Record<string, unknown>> = {}): Promise<Server> {
  return startServer([await startMaster(webAt("192.0.2.1"))], config);
}

const serialOf = (record: object) => "data" in record && (record.data as { readonly serial: number }).serial;
const cookieOf = ({ text }: Dug) => /COOKIE: ([0-9a-fA-F]+)/.exec(text)?.[1]?.toLowerCase();

test("opcodes, classes and transfers that are not served are refused as other servers refuse them", async () => {
  const server = await serve();
  const rows: [string, readonly string[]][] = [
    ["NOTIMP", [NAME, "+opcode=STATUS"]],
    ["NOTIMP", [NAME, "+opcode=UPDATE"]],
    ["NOTIMP", [NAME, "+opcode=15"]],
    ["NOTAUTH", [NAME, "+opcode=NOTIFY"]],
    ["NOTIMP", [NAME, "+opcode=STATUS", "+header-only"]],
    ["FORMERR", ["+header-only", "+nocookie"]],
    ["REFUSED", [NAME, "-c", "HS"]],
    ["REFUSED", [NAME, "-c", "ANY"]],
    ["REFUSED", ["version.bind", "TXT", "-c", "CH"]],
    ["BADVERS", [NAME, "+edns=1", "+noednsneg"]],
    ["FORMERR", [NAME, "+nocookie", "+ednsopt=10:0102"]],
    ["NOERROR", [NAME, "+ednsopt=65001:00ff", "+ednsflags=0x1fff"]],
    ["NOERROR", [NAME, "+zflag", "+adflag", "+cdflag"]],
    ["NOERROR", [NAME, "+subnet=192.0.2.0/24"]],
  ];
  for (const [status, args] of rows) {
    const answer = await dig(server, ...args);
    expect(answer.status, args.join(" ")).toBe(status);
    expect(answer.flags, args.join(" ")).not.toContain("ad");
    expect(answer.text, args.join(" ")).not.toMatch(/CLIENT-SUBNET|MBZ: 0x0*[1-9]/);
  }
});

describe("over UDP and over TCP", () => {
  const KEY = { name: "ns2.example", secret: Buffer.alloc(32, 7).toString("base64") };
  const signed = (secret = KEY.secret, name = KEY.name) => ["-y", `hmac-sha256:${name}:${secret}`];
  const WRONG = Buffer.alloc(32, 8).toString("base64");

  test("queries for transfers are answered as the table says", async () => {
    const open = await serve({ allowTransfer: ["127.0.0.0/8"] });
    const closed = await serve();
    const serial = Number((await askUdp(open, "mesos", { type: "SOA" })).answers?.map(serialOf)[0]);
    const axfr = (name: string) => encodeQuery(name, { type: "AXFR", edns: 1232 });
    const ixfr = (name: string, from: number) => encodeIxfr(name, from);
    /** For the query: what is answered over UDP, and over TCP, with the number of records. */
    const rows: readonly (readonly [server: Server, query: Buffer, udp: string, tcp: string])[] = [
      [open, axfr("mesos"), "FORMERR 0", "NOERROR all"],
      [closed, axfr("mesos"), "FORMERR 0", "REFUSED 0"],
      [open, axfr("marathon.mesos"), "NOTAUTH 0", "NOTAUTH 0"],
      [open, axfr("example.com"), "NOTAUTH 0", "NOTAUTH 0"],
      [open, ixfr("mesos", serial), "NOERROR 1", "NOERROR 1"],
      // A version that nobody has given away: the whole zone, or the SOA that tells the client to come over TCP.
      [open, ixfr("mesos", serial - 1), "NOERROR 1", "NOERROR all"],
      [closed, ixfr("mesos", serial), "REFUSED 0", "REFUSED 0"],
      [open, ixfr("example.com", serial), "NOTAUTH 0", "NOTAUTH 0"],
      [open, encodeQuery("mesos", { type: "IXFR" }), "FORMERR 0", "FORMERR 0"],
    ];
    const shown = ({ rcode, answers = [] }: Message) => `${rcode} ${answers.length > 10 ? "all" : answers.length}`;
    for (const [server, query, udp, tcp] of rows) {
      const { type, name } = decode(query).questions?.[0] ?? {};
      expect([type, name, shown(decode(await sendUdp(server, query)))]).toEqual([type, name, udp]);
      const client = await TcpClient.connect(server);
      client.send(query);
      expect([type, name, shown(decode(await client.receive()))]).toEqual([type, name, tcp]);
      client.close();
    }
  });

  test("NOTIFY is not for this server, and signed queries get the answers that the table says", async () => {
    const server = await serve({ tsigKeys: [KEY] });
    for (const way of ["+notcp", "+tcp"]) {
      expect((await dig(server, "mesos", "SOA", "+opcode=NOTIFY", way)).status).toBe("NOTAUTH");
      const rows = [
        ["NOERROR", / NOERROR 0/, signed()],
        ["NOTAUTH", / BADSIG 0/, signed(WRONG)],
        ["NOTAUTH", / BADKEY 0/, signed(KEY.secret, "ns3.example")],
      ] as const;
      for (const [status, tsig, args] of rows) {
        const answer = await dig(server, NAME, way, ...args);
        expect([way, answer.status]).toEqual([way, status]);
        expect(answer.text).toMatch(tsig);
      }
    }
  });
});

test("the server tells its version, its identifier and its NSID where they are configured", async () => {
  const server = await serve({ serverVersion: "resolver for example", serverId: "node-7" });
  for (const name of ["version.bind", "version.server"]) {
    expect((await dig(server, name, "TXT", "-c", "CH")).text).toContain('"resolver for example"');
  }
  for (const name of ["id.server", "hostname.bind"]) {
    expect((await kdig(server, name, "TXT", "-c", "CH")).text).toContain('"node-7"');
  }
  expect((await dig(server, NAME, "+nsid")).text).toMatch(/NSID: .*node-7/);
});

test("EXPIRE comes with the SOA, keepalive over TCP", async () => {
  const server = await serve();
  expect((await dig(server, "mesos", "SOA", "+expire")).text).toContain("EXPIRE: 86400");
  expect((await dig(server, NAME, "+tcp", "+keepalive")).text).toContain("TCP KEEPALIVE: 30.0 secs");
  expect((await dig(server, NAME, "+keepalive")).text).not.toContain("KEEPALIVE:");
});

describe("cookies", () => {
  test("are good for dig, and for every server with the same secret, now or before", async () => {
    const server = await serve({ cookieSecret: SECRET });
    const first = await dig(server, NAME, "+cookie=0102030405060708");
    expect(first.text).toMatch(/COOKIE: \w+ \(good\)/);
    const learnt = cookieOf(first) ?? "";
    expect(learnt).toHaveLength(48);
    const twin = await serve({ cookieSecret: SECRET.replaceAll("0", "f"), previousCookieSecret: SECRET });
    const stranger = await serve();
    const again = async (at: Server) => cookieOf(await dig(at, NAME, `+cookie=${learnt}`));
    expect(await again(server)).toBe(learnt);
    expect(await again(twin)).toBe(learnt);
    expect(await again(stranger)).not.toBe(learnt);
  });

  test("are told to those who ask for nothing else", async () => {
    const server = await serve();
    const answer = await dig(server, "+header-only", "+cookie=0102030405060708");
    expect(answer.status).toBe("NOERROR");
    expect(cookieOf(answer)).toHaveLength(48);
  });
});

describe("access", () => {
  test("clients outside allowQuery are REFUSED with the reason, until the configuration lets them in", async () => {
    const server = await serve({ allowQuery: ["192.0.2.0/24"] });
    expect(await dig(server, NAME)).toMatchObject({ status: "REFUSED", errors: [18], answer: [] });
    const master = await startMaster(webAt("192.0.2.1"));
    await server.reload({ masters: [master.address], allowQuery: ["127.0.0.0/8"] });
    expect(await dig(server, NAME)).toMatchObject({ status: "NOERROR" });
  });

  test("names elsewhere are refused to clients outside allowRecursion, and RA is not set for them", async () => {
    const server = await serve({ externalon: true, resolvers: ["127.0.0.1:9"], allowRecursion: ["192.0.2.0/24"] });
    expect(await dig(server, "www.example.com")).toMatchObject({ status: "REFUSED", errors: [18] });
    expect((await dig(server, NAME)).flags).toEqual(["qr", "aa", "rd"]);
  });
});

test("rate limits hold back what no cookie vouches for, and say so in the metrics", async () => {
  const server = await serve({ rateLimit: { answersPerSecond: 1, slip: 1 } });
  const seen = new Set<boolean>();
  for (let i = 0; i < 8; i++) seen.add((await dig(server, NAME, "+nocookie")).tcp);
  expect(seen).toEqual(new Set([false, true]));
  const { text } = await dig(server, NAME, "+cookie=0102030405060708");
  const known = /COOKIE: (\w+)/.exec(text)?.[1] ?? "";
  for (let i = 0; i < 8; i++) expect((await dig(server, NAME, `+cookie=${known}`)).tcp).toBe(false);
  const cut = await server.metric('mesos_dns_responses_rate_limited_total{action="truncated"}');
  expect(cut).toBeGreaterThan(0);
});

test("every listener is answered on, over UDP and TCP, and wildcards from the address that was asked", async () => {
  const listed = await serve({ listener: ["127.0.0.1", "127.0.0.2", "::1"] });
  for (const host of ["127.0.0.1", "127.0.0.2", "::1"]) {
    for (const transport of ["+notcp", "+tcp"]) {
      expect((await dig({ host, port: listed.port }, NAME, transport)).answer, host).toEqual([
        `${NAME} 60 A 192.0.2.1`,
      ]);
    }
  }
  const anywhere = await serve({ listener: "::" });
  for (const host of ["127.0.0.1", "::1"]) {
    expect((await dig({ host, port: anywhere.port }, NAME)).answer, host).toEqual([`${NAME} 60 A 192.0.2.1`]);
  }
});

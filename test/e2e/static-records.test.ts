import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { askMany } from "../support/ask-many.js";
import { dig, kdig } from "../support/digs.js";
import { decode, encodeQuery, lines } from "../support/dns.js";
import type { Json } from "../support/json.js";
import { startMaster, startServer, startUpstream, webAt } from "../support/scenario.js";
import { cluster, framework } from "../support/scripted-master.js";
import { runProgram, Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { refusal } from "../support/upstream.js";
import { until } from "../support/wait.js";

/** Records of the operator's own, asked for as clients ask. */

const a = (name: string, ...value: string[]) => ({ name, type: "A", value });
const alias = (name: string, value: string) => ({ name, type: "CNAME", value });
const EDGE = "edge.example.com";

async function serving(records: readonly Json[], config: Readonly<Record<string, unknown>> = {}): Promise<Server> {
  const master = await startMaster(webAt("203.0.113.1"));
  return startServer([master], { records, ...config });
}

function temporaryFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-records-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "records");
  writeFileSync(path, text);
  return path;
}

describe("static records", () => {
  it("of every type are answered, with their own TTLs, and by look-ups over HTTP", async () => {
    const server = await serving(
      [
        { ...a("db1", "192.0.2.30"), ttl: 5 },
        { name: "db1", type: "AAAA", value: "2001:DB8:0::30" },
        { name: "_db._tcp", type: "SRV", value: { priority: 1, weight: 5, port: 5432, target: "db1" } },
        { name: `${EDGE}.`, type: "MX", value: { preference: 10, exchange: "mx.example.org." } },
        { name: `${EDGE}.`, type: "CAA", value: { flags: 0, tag: "issue", value: "ca.example" } },
        { name: "about", type: "TXT", value: 'kept by the "platform" team' },
        { name: "long", type: "TXT", value: "x".repeat(300) },
      ],
      { staticZones: [EDGE] },
    );
    expect((await dig(server, "DB1.mesos")).answer).toEqual(["DB1.mesos 5 A 192.0.2.30"]);
    expect((await dig(server, "db1.mesos", "AAAA")).answer).toEqual(["db1.mesos 60 AAAA 2001:db8::30"]);
    const srv = await dig(server, "_db._tcp.mesos", "SRV");
    expect(srv.answer).toEqual(["_db._tcp.mesos 60 SRV 1 5 5432 db1.mesos"]);
    expect(srv.additional).toEqual(["db1.mesos 5 A 192.0.2.30", "db1.mesos 60 AAAA 2001:db8::30"]);
    expect((await dig(server, EDGE, "MX")).answer).toEqual([`${EDGE} 60 MX 10 mx.example.org`]);
    expect((await kdig(server, EDGE, "CAA")).text).toMatch(/\s60\s+IN\s+CAA\s+0 issue "ca.example"/);
    expect((await dig(server, EDGE, "SOA")).answer[0]).toMatch(`${EDGE} 60 SOA ns1.mesos root.ns1.mesos`);
    expect((await dig(server, EDGE, "NS")).answer).toEqual([`${EDGE} 60 NS ns1.mesos`]);
    expect((await dig(server, "about.mesos", "TXT")).text).toContain('"kept by the \\"platform\\" team"');
    expect((await dig(server, "long.mesos", "TXT")).text).toContain(`"${"x".repeat(255)}" "${"x".repeat(45)}"`);
    expect((await dig(server, "nobody.edge.example.com")).status).toBe("NXDOMAIN");
    const rows = async (path: string) =>
      (await server.json<{ ip: string }[]>(path)).sort((x, y) => (x.ip < y.ip ? -1 : 1));
    const host = "db1.mesos.";
    expect(await rows("/v1/hosts/db1.mesos")).toEqual([
      { host, ip: "192.0.2.30" },
      { host, ip: "2001:db8::30" },
    ]);
    const service = "_db._tcp.mesos";
    expect(await rows(`/v1/services/${service}`)).toEqual([
      { service, host, ip: "192.0.2.30", port: "5432" },
      { service, host, ip: "2001:db8::30", port: "5432" },
    ]);
  });

  it("below a delegated name are answered by referral, with the addresses of its servers", async () => {
    const server = await serving([
      { name: "sub", type: "NS", value: ["ns1.sub", "ns.example.net."] },
      a("ns1.sub", "192.0.2.54"),
      { name: "ns1.sub", type: "AAAA", value: "2001:db8::54" },
    ]);
    for (const name of ["www.sub.mesos", "sub.mesos", "ns1.sub.mesos"]) {
      const { status, flags, answer, authority, additional } = await dig(server, name);
      expect([status, flags.includes("aa"), answer]).toEqual(["NOERROR", false, []]);
      expect([...authority].sort()).toEqual(["sub.mesos 60 NS ns.example.net", "sub.mesos 60 NS ns1.sub.mesos"]);
      expect(additional).toEqual(["ns1.sub.mesos 60 A 192.0.2.54", "ns1.sub.mesos 60 AAAA 2001:db8::54"]);
    }
    const ds = await dig(server, "sub.mesos", "DS");
    expect([ds.flags.includes("aa"), ds.answer, ds.authority.length]).toEqual([true, [], 1]);
  });

  it("that lead to a name which is never forwarded end with what is said of that", async () => {
    const server = await serving(
      [alias("here", "localhost."), alias("nowhere", "foo.invalid."), alias("private", "9.9.9.10.in-addr.arpa.")],
      { externalon: true, resolvers: ["192.0.2.53"] },
    );
    const here = await dig(server, "here.mesos");
    expect([here.status, here.answer]).toEqual([
      "NOERROR",
      ["here.mesos 60 CNAME localhost", "localhost 10800 A 127.0.0.1"],
    ]);
    for (const [name, zone] of [
      ["nowhere", "invalid"],
      ["private", "10.in-addr.arpa"],
    ]) {
      for (const ask of [dig, kdig]) {
        const { status, answer, authority } = await ask(server, `${name}.mesos`, "PTR");
        expect([status, answer.length, authority[0]]).toEqual([
          "NXDOMAIN",
          1,
          expect.stringMatching(`^${zone} \\d+ SOA `),
        ]);
      }
    }
  });

  it("below a delegated name, and behind a resolver's alias, are left to whoever follows that", async () => {
    const upstream = await startUpstream(({ questions }) => [
      { name: questions?.[0]?.name ?? "", type: "CNAME" as const, ttl: 9, data: "www.sub.mesos" },
    ]);
    const records = [{ name: "sub", type: "NS", value: "ns.example.net." }];
    const server = await serving(records, { externalon: true, resolvers: [upstream.address] });
    for (let i = 0; i < 2; i++) {
      const { status, flags, answer, authority } = await dig(server, "shop.example.org");
      expect([status, flags.includes("aa"), answer]).toEqual([
        "NOERROR",
        false,
        ["shop.example.org 9 CNAME www.sub.mesos"],
      ]);
      expect(authority).toEqual([]);
    }
  });

  it("of a delegated name set TC where the addresses of its servers do not fit, and fit over TCP", async () => {
    const servers = Array.from({ length: 13 }, (_, i) => `server-number-${i}.sub`);
    const glue = servers.map((name) => ({ name, type: "AAAA", value: ["2001:db8::1", "2001:db8::2"] }));
    const server = await serving([{ name: "sub", type: "NS", value: servers }, ...glue]);
    const cut = await dig(server, "www.sub.mesos", "+noedns", "+ignore");
    expect(cut.flags).toContain("tc");
    const whole = await dig(server, "www.sub.mesos", "+tcp");
    expect([whole.authority.length, whole.additional.length]).toEqual([13, 26]);
  });

  it("that do not fit into a datagram are asked for again over TCP", async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i}${"y".repeat(100)}`);
    const server = await serving([{ name: "texts", type: "TXT", value: texts }]);
    const answer = await dig(server, "texts.mesos", "TXT");
    expect([answer.tcp, answer.answer.length]).toEqual([true, 20]);
  });

  it("with a plain policy have another value first each time", async () => {
    const server = await serving([a("www", "192.0.2.1", "192.0.2.2", "192.0.2.3")]);
    const firsts = new Set<string | undefined>();
    for (let i = 0; i < 60; i++) {
      const found = lines((await askUdp(server, "www.mesos")).answers);
      expect(found).toHaveLength(3);
      firsts.add(found[0]);
    }
    expect(firsts.size).toBe(3);
  });
});

describe("an alias of a name outside", () => {
  const records = [alias("ftp", "www.example.org."), alias("*.any", "ftp"), alias("back", "home.example.org.")];
  const upstream = () =>
    startUpstream((query) => {
      const name = query.questions?.[0]?.name.toLowerCase() ?? "";
      if (name === "gone.example.org") return refusal(query, 3);
      if (name === "wild.example.org") return [{ name, type: "CNAME", ttl: 9, data: "x.lb.mesos" }] as const;
      if (name === "home.example.org") return [{ name, type: "CNAME", ttl: 9, data: "web.marathon.mesos" }] as const;
      return [
        { name, type: "CNAME", ttl: 9, data: "far.example.net" },
        { name: "far.example.net", type: "A", ttl: 7, data: "198.51.100.9" },
        // Nobody has asked for this one.
        { name: "leader.mesos", type: "A", ttl: 7, data: "198.51.100.66" },
      ] as const;
    });

  it("is completed for those who may have that, over UDP and TCP, once asked and from the cache", async () => {
    const { address } = await upstream();
    const server = await serving(records, { externalon: true, resolvers: [address] });
    for (const ask of [askUdp, askTcp, askUdp]) {
      const answer = await ask(server, "x.any.mesos");
      expect([answer.rcode, answer.flag_aa, answer.flag_ra]).toEqual(["NOERROR", true, true]);
      expect(lines(answer.answers)).toEqual([
        "x.any.mesos 60 CNAME ftp.mesos",
        "ftp.mesos 60 CNAME www.example.org",
        expect.stringMatching(/^www.example.org [89] CNAME far.example.net$/),
        expect.stringMatching(/^far.example.net [67] A 198.51.100.9$/),
      ]);
    }
  });

  it("is left to those who did not ask for more, or may not have it", async () => {
    const { address, queries } = await upstream();
    const server = await serving(records, { externalon: true, resolvers: [address], allowRecursion: ["192.0.2.0/24"] });
    const expected = ["ftp.mesos 60 CNAME www.example.org"];
    expect(lines((await askUdp(server, "ftp.mesos")).answers)).toEqual(expected);
    await server.reload({ masters: ["127.0.0.1:1"], records, externalon: true, resolvers: [address] });
    await until("the change", async () => (await askUdp(server, "ftp.mesos")).flag_ra);
    expect(lines((await askUdp(server, "ftp.mesos", { rd: false })).answers)).toEqual(expected);
    expect(lines((await askUdp(server, "ftp.mesos", { type: "CNAME" })).answers)).toEqual(expected);
    expect(queries.length).toBeLessThanOrEqual(2);
  });

  it("gets what the cluster has where it leads back", async () => {
    const { address } = await upstream();
    const server = await serving(records, { externalon: true, resolvers: [address] });
    expect(lines((await askUdp(server, "back.mesos")).answers)).toEqual([
      "back.mesos 60 CNAME home.example.org",
      "home.example.org 9 CNAME web.marathon.mesos",
      "web.marathon.mesos 60 A 203.0.113.1",
    ]);
    // The same for a name that is outside from the beginning, and that a wildcard or an alias of this server stands for.
    await server.reload({
      masters: ["127.0.0.1:1"],
      externalon: true,
      resolvers: [address],
      records: [a("*.lb", "192.0.2.80"), ...records],
    });
    await until("the change", async () => (await askUdp(server, "x.lb.mesos")).rcode === "NOERROR");
    expect(lines((await askUdp(server, "wild.example.org")).answers)).toEqual([
      "wild.example.org 9 CNAME x.lb.mesos",
      "x.lb.mesos 60 A 192.0.2.80",
    ]);
  });

  it("says what the resolver says, and SERVFAIL where none answers", async () => {
    const { address } = await upstream();
    const gone = [alias("lost", "gone.example.org.")];
    const server = await serving(gone, { externalon: true, resolvers: [address] });
    const answer = await askUdp(server, "lost.mesos");
    expect([answer.rcode, lines(answer.answers)]).toEqual(["NXDOMAIN", ["lost.mesos 60 CNAME gone.example.org"]]);
    const deaf = await serving(gone, { externalon: true, timeout: 1, resolvers: ["127.0.0.1:1"] });
    expect((await askUdp(deaf, "lost.mesos")).rcode).toBe("SERVFAIL");
  });
});

it("a loop of aliases ends, and so does a chain of more than eight", async () => {
  const chain = Array.from({ length: 12 }, (_, i) => alias(`c${i}`, `c${i + 1}`));
  const server = await serving([alias("a", "b"), alias("b", "a"), ...chain, a("c12", "192.0.2.1")]);
  expect(lines((await askUdp(server, "a.mesos")).answers)).toEqual([
    "a.mesos 60 CNAME b.mesos",
    "b.mesos 60 CNAME a.mesos",
  ]);
  expect((await askUdp(server, "c0.mesos")).answers).toHaveLength(8);
  expect(lines((await askUdp(server, "c4.mesos")).answers).at(-1)).toBe("c12.mesos 60 A 192.0.2.1");
});

describe("policies", () => {
  const ASKED = 10_000;
  /** Of chi-square with three degrees of freedom: exceeded once in 10,000 times. */
  const LIMIT = 21.1;
  const WEIGHTS = new Map([
    ["192.0.2.10", 10],
    ["192.0.2.11", 10],
    ["192.0.2.12", 1],
    ["192.0.2.13", 30],
  ]);
  const values = [...WEIGHTS].map(([value, weight]) => ({ value, weight }));

  it.each([false, true])("weighted answers one value, as often as its weight says (over TCP: %s)", async (stream) => {
    const spare = { id: "spare", value: "192.0.2.99", weight: 0 };
    const server = await serving([{ name: "www", type: "A", policy: "weighted", values: [...values, spare] }]);
    const query = { message: encodeQuery("www.mesos"), stream };
    const answers = await askMany(server, new Array(ASKED).fill(query));
    const counts = new Map<string, number>();
    for (const answer of answers) {
      const found = lines(decode(answer as Buffer).answers);
      expect(found).toHaveLength(1);
      const value = found[0]?.split(" ").at(-1) ?? "";
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const sum = [...WEIGHTS.values()].reduce((total, weight) => total + weight, 0);
    const chiSquare = [...WEIGHTS].reduce((total, [value, weight]) => {
      const expected = (ASKED * weight) / sum;
      return total + ((counts.get(value) ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(chiSquare).toBeLessThan(LIMIT);
    expect(counts.has(spare.value)).toBe(false);
  });

  it("multivalue answers up to eight values, each as often as the others; failover the first", async () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ value: `192.0.2.${i}` }));
    const server = await serving([
      { name: "many", type: "A", policy: "multivalue", values: many },
      { name: "first", type: "A", policy: "failover", values: [{ value: "192.0.2.9" }, { value: "192.0.2.1" }] },
    ]);
    const seen = new Map<string, number>();
    const answers = await askMany(server, new Array(2_000).fill({ message: encodeQuery("many.mesos"), stream: false }));
    for (const answer of answers) {
      const found = lines(decode(answer as Buffer).answers);
      expect(new Set(found).size).toBe(8);
      for (const line of found) seen.set(line, (seen.get(line) ?? 0) + 1);
    }
    for (const count of seen.values()) expect(Math.abs(count - 800)).toBeLessThan(130);
    expect(seen.size).toBe(20);
    expect((await dig(server, "first.mesos")).answer).toEqual(["first.mesos 60 A 192.0.2.9"]);
  });
});

describe("what the operator has written", () => {
  it("wins over a framework that registers with its name, which is logged and counted", async () => {
    const own = framework("www", { hostname: "203.0.113.7" });
    const master = await startMaster(cluster({ frameworks: [own] }));
    const server = await startServer([master], { records: [a("www", "192.0.2.80")] });
    expect((await dig(server, "www.mesos")).answer).toEqual(["www.mesos 60 A 192.0.2.80"]);
    expect(await server.metric("mesos_dns_static_hides")).toBe(1);
    await server.logged(/^your own records hide those of the cluster: www.mesos A$/);
    await server.reload({ masters: [master.address] });
    await until("the framework's", async () => (await dig(server, "www.mesos")).text.includes("203.0.113.7"));
    expect(await server.metric("mesos_dns_static_hides")).toBe(0);
  });

  it("changes the zone once when it is read anew", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const others = [a("other", "192.0.2.1"), a("*.lb", "192.0.2.2")];
    const own = [a("www", "192.0.2.80"), ...others];
    const config = { masters: [master.address], refreshSeconds: 3600, records: own };
    const server = await startServer([master], config);
    const generation = await server.metric("mesos_dns_snapshot_generation");
    await server.reload({ ...config, records: [a("www", "192.0.2.81"), ...others] });
    await until("the change", async () => (await dig(server, "www.mesos")).text.includes("192.0.2.81"));
    expect(await server.metric("mesos_dns_snapshot_generation")).toBe((generation ?? 0) + 1);
  });
});

it("is in the zone that is saved, and answered after a restart without a master", async () => {
  const master = await startMaster(webAt("203.0.113.1"));
  const stateDir = mkdtempSync(join(tmpdir(), "mesos-dns-static-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  const records = [{ ...a("*.lb", "192.0.2.80"), ttl: 5 }, alias("ftp", "x.lb")];
  const first = await Server.start({ masters: [master.address], stateDir, records });
  await first.stop();
  const second = await startServer([{ address: "127.0.0.1:1" }], { stateDir, records }, { until: "listening" });
  expect(lines((await askUdp(second, "ftp.mesos")).answers)).toEqual([
    "ftp.mesos 60 CNAME x.lb.mesos",
    "x.lb.mesos 5 A 192.0.2.80",
  ]);
});

describe("the file of records", () => {
  const zone = (address: string) =>
    `$ORIGIN mesos.\n$TTL 30\nfile A ${address}\n  TXT "of the file"\n*.file A 192.0.2.9\n`;

  it("is read with the configuration, and again when it changes", async () => {
    const recordsFile = temporaryFile(zone("192.0.2.1"));
    const server = await serving([a("www", "192.0.2.80")], { recordsFile });
    expect((await dig(server, "file.mesos")).answer).toEqual(["file.mesos 30 A 192.0.2.1"]);
    expect((await dig(server, "x.file.mesos")).answer).toEqual(["x.file.mesos 30 A 192.0.2.9"]);
    writeFileSync(recordsFile, zone("192.0.2.2"));
    await until("the change", async () => (await dig(server, "file.mesos")).text.includes("192.0.2.2"));
    expect((await dig(server, "www.mesos")).answer).toHaveLength(1);
  });

  it("with a fault leaves the last good records in service, and says so once", async () => {
    const recordsFile = temporaryFile(zone("192.0.2.1"));
    const server = await serving([a("www", "192.0.2.80")], { recordsFile });
    writeFileSync(recordsFile, `${zone("192.0.2.2")}mesos. SOA here there 1 2 3 4 5\n`);
    const line = await server.logged(/recordsFile .* has 1 fault/);
    expect(line.msg).toContain('line 6: got "SOA"; allowed: one of the types A, AAAA');
    expect(await server.metric("mesos_dns_records_file_faulty")).toBe(1);
    server.signal("SIGHUP");
    await server.logged(/^nothing to change/);
    expect((await dig(server, "file.mesos")).text).toContain("192.0.2.1");
    expect(server.log.filter(({ msg }) => msg.startsWith("recordsFile "))).toHaveLength(1);
    expect(await server.metric("mesos_dns_records_file_failures_total")).toBe(2);
    const other = temporaryFile("nonsense");
    const { masters, ...rest } = JSON.parse(readFileSync(server.configFile, "utf8"));
    const { msg } = await server.reload({ masters, ...rest, recordsFile: other });
    expect(msg).toContain(`the configuration stays as it was: recordsFile ${other} has 1 fault`);
    await server.reload({ masters, ...rest, records: [a("www", "192.0.2.81")] });
    await until("the change", async () => (await dig(server, "www.mesos")).text.includes("192.0.2.81"));
    expect((await dig(server, "file.mesos")).text).toContain("192.0.2.1");
    writeFileSync(recordsFile, zone("192.0.2.3"));
    server.signal("SIGHUP");
    await until("the change", async () => (await dig(server, "file.mesos")).text.includes("192.0.2.3"));
    expect(await server.metric("mesos_dns_records_file_faulty")).toBe(0);
  });

  it("has its faults shown by --check and at a start, each with its line", async () => {
    const recordsFile = temporaryFile(
      "www A 192.0.2.1\nwww CNAME other\nx.example.com. A 192.0.2.1\nleader A 192.0.2.1\n",
    );
    const folder = temporaryFile(JSON.stringify({ masters: ["192.0.2.1:5050"], listener: "127.0.0.1", recordsFile }));
    const { status, stderr } = await runProgram("--check", "--config", folder);
    expect(status).toBe(1);
    expect(stderr).toContain(`recordsFile ${recordsFile} has 3 faults:`);
    expect(stderr).toContain(
      'line 2 (type): got "CNAME"; allowed: another name, as a CNAME stands alone, and line 1 has A',
    );
    expect(stderr).toContain('line 3 (name): got "x.example.com."; allowed: a name in mesos');
    expect(stderr).toContain('line 4 (name): got "leader.mesos."; allowed: another name');
    const started = await runProgram("--config", folder);
    expect([started.status, started.stderr.includes("has 3 faults:")]).toEqual([1, true]);
  });
});

describe("a static zone of reverse names", () => {
  it("has those of the cluster, but for what its records win over, and is transferred with them", async () => {
    const zone = "113.0.203.in-addr.arpa";
    const records = [
      { name: `2.${zone}.`, type: "CNAME", value: "2.delegated.example.org." },
      { name: `3.${zone}.`, type: "NS", value: "ns.example.org." },
    ];
    const master = await startMaster(webAt("203.0.113.1", "203.0.113.2", "203.0.113.3", "198.51.100.1"));
    const server = await startServer([master], { records, staticZones: [zone], allowTransfer: ["127.0.0.0/8"] });
    expect((await dig(server, `1.${zone}`, "PTR")).answer[0]).toMatch(/ PTR web-\S+\.marathon\.mesos$/);
    expect((await dig(server, `2.${zone}`, "PTR")).answer[0]).toBe(`2.${zone} 60 CNAME 2.delegated.example.org`);
    expect(await dig(server, `3.${zone}`, "PTR")).toMatchObject({
      answer: [],
      authority: [`3.${zone} 60 NS ns.example.org`],
    });
    // Elsewhere they stand by themselves.
    expect((await dig(server, "1.100.51.198.in-addr.arpa", "PTR")).answer).toHaveLength(1);
    const { stdout } = await run("dig", ["@127.0.0.1", "-p", String(server.port), zone, "axfr", "+noall", "+answer"]);
    const owners = stdout
      .split("\n")
      .filter((line) => / PTR|\tPTR/.test(line))
      .map((line) => line.split(".")[0]);
    expect(owners).toEqual(["1"]);
  });
});

import { createSocket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askTcp, askUdp, framed, sendUdp, TcpClient } from "../support/ask.js";
import { dig, kdig } from "../support/digs.js";
import { decode, encodeQuery, extendedErrors, lines, optOf } from "../support/dns.js";
import { sendFrom } from "../support/raw-udp.js";
import { startMaster, startServer } from "../support/scenario.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { Server } from "../support/server.js";
import { until } from "../support/wait.js";

const FLEET_SIZE = 120;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

const CLUSTER = cluster({
  agents: [agent("S0", { ip: "192.0.2.10" })],
  frameworks: [
    framework("marathon", {
      tasks: [
        ...numbers(2).map((n) => task("web", { id: `web.${n}`, agent: "S0", ip: `203.0.113.${n}`, ports: [31000] })),
        // Eight services fit into 512 octets, their addresses do not.
        ...numbers(8).map((n) => task("eight", { id: `eight.${n}`, agent: "S0", ports: [31000 + n] })),
        task("both", { agent: "S0", ip: ["203.0.113.3", "2001:db8::3"] }),
        ...numbers(FLEET_SIZE).map((n) => task("fleet", { id: `fleet.${n}`, agent: "S0", ip: `198.51.100.${n}` })),
      ],
    }),
  ],
});

let master: ScriptedMaster;
let server: Server;
beforeAll(async () => {
  master = await ScriptedMaster.start();
  master.lead(CLUSTER);
  server = await Server.start({ masters: [master.address] });
});
afterAll(async () => {
  await server?.stop();
  await master?.stop();
});

describe("sizes", () => {
  it("an answer is as large as a datagram can be, where that is configured and the client takes it", async () => {
    const tasks = numbers(4100).map((n) =>
      task("fleet", { id: `fleet.${n}`, agent: "S0", ip: `10.1.${n >> 8}.${n & 255}` }),
    );
    const master = await startMaster(
      cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] }),
    );
    const large = await startServer([master], { maxUdpPayload: 65_535 });
    const query = encodeQuery("fleet.marathon.mesos", { edns: 65_535 });
    const answer = await sendUdp(large, query);
    expect(answer.length).toBeGreaterThan(65_000);
    expect(answer.length).toBeLessThanOrEqual(65_507);
    expect(decode(answer).flag_tc).toBe(true);
    expect((await sendUdp(large, encodeQuery("fleet.marathon.mesos", { edns: 8192 }))).length).toBeGreaterThan(8_150);
    const whole = await sendUdp(large, encodeQuery("_eight._tcp.marathon.mesos", { type: "SRV", edns: 65_535 }));
    expect(decode(whole).flag_tc).toBe(false);
  });

  it.each([
    ["dig", dig],
    ["kdig", kdig],
  ] as const)("%s asks again over TCP for what a datagram cannot hold", async (_, ask) => {
    const whole = await ask(server, "fleet.marathon.mesos", "A");
    expect([whole.tcp, whole.answer.length]).toEqual([true, FLEET_SIZE]);
  });

  it("a truncated answer of addresses has as many as fit, one of services none, and both keep their OPT record", async () => {
    const cut = await dig(server, "fleet.marathon.mesos", "A", "+ignore");
    expect(cut.flags).toContain("tc");
    expect([cut.status, cut.udp]).toEqual(["NOERROR", 1232]);
    expect(cut.answer.length).toBeGreaterThan(60);
    const services = await dig(server, "_eight._tcp.marathon.mesos", "SRV", "+ignore", "+bufsize=512");
    if (services.flags.includes("tc")) expect(services.answer).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)("a query from port 0 is not answered: nobody listens there", async () => {
    const requests = async () => {
      const text = await server.metrics();
      const counts = text.split("\n").filter((line) => line.startsWith('mesos_dns_requests_total{transport="udp"'));
      return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    };
    const before = await requests();
    for (let i = 0; i < 5; i++) sendFrom(0, server, encodeQuery("web.marathon.mesos"));
    await askUdp(server, "web.marathon.mesos");
    expect(await requests()).toBe(before + 1);
  });

  it.each([512, 1232, 4096, 65_535])("no datagram is larger than a client's %i octets, nor than 1232", async (edns) => {
    for (const name of ["fleet.marathon.mesos", "eight.marathon.mesos", "web.marathon.mesos"]) {
      const answer = await sendUdp(server, encodeQuery(name, { edns }));
      expect(answer.length).toBeLessThanOrEqual(Math.min(edns, 1232));
    }
  });

  it("an offer below 512 octets counts as 512", async () => {
    const { flag_tc, answers } = await askUdp(server, "web.marathon.mesos", { edns: 100 });
    expect([flag_tc, answers?.length]).toEqual([false, 2]);
  });

  it("glue that does not fit is left out without TC", async () => {
    const small = await dig(server, "_eight._tcp.marathon.mesos", "SRV", "+noedns");
    expect([small.flags.includes("tc"), small.answer.length]).toEqual([false, 8]);
    expect(small.additional.length).toBeLessThan(8);
    const large = await dig(server, "_eight._tcp.marathon.mesos", "SRV", "+bufsize=1232");
    expect([large.answer.length, large.additional.length]).toEqual([8, 8]);
  });

  it("an answer has an OPT record only if the query has one", async () => {
    expect((await kdig(server, "web.marathon.mesos", "A", "+noedns")).udp).toBeUndefined();
    expect((await kdig(server, "web.marathon.mesos", "A", "+edns")).udp).toBe(1232);
  });
});

describe("headers and questions", () => {
  it("the question comes back in the client's spelling", async () => {
    expect((await dig(server, "wEb.MARATHON.mesos", "A")).question).toBe("wEb.MARATHON.mesos.");
    expect((await askUdp(server, "wEb.MARATHON.mesos")).questions?.[0]?.name).toBe("wEb.MARATHON.mesos");
  });

  it("RD is copied, and RA is not set where nothing is forwarded", async () => {
    expect((await dig(server, "web.marathon.mesos", "A", "+norec")).flags).toEqual(["qr", "aa"]);
    expect((await kdig(server, "web.marathon.mesos", "A", "+rec")).flags).toEqual(["qr", "aa", "rd"]);
  });

  it("a later EDNS version is told which one is spoken", async () => {
    const { status, answer } = await dig(server, "web.marathon.mesos", "A", "+edns=1", "+noednsnegotiation");
    expect([status, answer]).toEqual(["BADVERS", []]);
  });

  it("other opcodes are refused", async () => {
    expect((await dig(server, "mesos", "SOA", "+opcode=STATUS")).status).toBe("NOTIMP");
    expect((await dig(server, "mesos", "SOA", "+opcode=UPDATE")).status).toBe("NOTIMP");
    expect((await dig(server, "mesos", "SOA", "+opcode=NOTIFY")).status).toBe("NOTAUTH");
  });

  it("other people's names are refused where nothing is forwarded", async () => {
    const { status, flags, errors, authority } = await dig(server, "www.example.com", "A");
    expect([status, flags.includes("aa"), errors, authority]).toEqual(["REFUSED", false, [20], []]);
  });

  it("ANY gets one record set in a datagram, all of them over TCP", async () => {
    const one = await dig(server, "both.marathon.mesos", "ANY", "+notcp");
    expect(one.answer).toEqual(["both.marathon.mesos 60 A 203.0.113.3"]);
    const all = await dig(server, "both.marathon.mesos", "ANY", "+tcp");
    expect([...all.answer].sort()).toEqual([
      "both.marathon.mesos 60 A 203.0.113.3",
      "both.marathon.mesos 60 AAAA 2001:db8::3",
    ]);
    expect((await dig(server, "_tcp.marathon.mesos", "ANY", "+notcp")).status).toBe("NOERROR");
    expect((await dig(server, "nobody.mesos", "ANY", "+notcp")).status).toBe("NXDOMAIN");
  });

  it("the zone is not transferred", async () => {
    expect((await askTcp(server, "mesos", { type: "AXFR" })).rcode).toBe("REFUSED");
    expect((await askUdp(server, "mesos", { type: "AXFR" })).rcode).toBe("FORMERR");
    expect((await askUdp(server, "mesos", { type: "IXFR" })).rcode).toBe("REFUSED");
  });

  it("each of several records comes first now and then", async () => {
    const firsts = new Set<string>();
    await until("both addresses first", async () => {
      firsts.add(lines((await askUdp(server, "web.marathon.mesos")).answers)[0] ?? "");
      return firsts.size === 2;
    });
    expect([...firsts].sort()).toEqual(["web.marathon.mesos 60 A 203.0.113.1", "web.marathon.mesos 60 A 203.0.113.2"]);
  });
});

describe("what is no query", () => {
  it("gets no answer, and costs nobody else theirs", async () => {
    const socket = createSocket("udp4");
    const answers: Buffer[] = [];
    socket.on("message", (message) => answers.push(message));
    const response = encodeQuery("web.marathon.mesos", { id: 1 });
    response[2] |= 0x80;
    const last = encodeQuery("web.marathon.mesos", { id: 2 });
    for (const message of [Buffer.alloc(0), Buffer.from("garbage"), response, last]) {
      socket.send(message, server.port, server.host);
    }
    await until("an answer", () => answers.length > 0);
    socket.close();
    expect(answers.map((answer) => decode(answer).id)).toEqual([2]);
  });

  it("a question that cannot be read is FORMERR, header only", async () => {
    const query = encodeQuery("web.marathon.mesos");
    query[12] = 0xc0; // a pointer where the name should start
    const answer = await sendUdp(server, query);
    expect([answer.length, answer[3] & 0x0f]).toEqual([12, 1]);
  });
});

describe("over TCP", () => {
  it("queries may come in one piece, and each gets its answer", async () => {
    const client = await TcpClient.connect(server);
    const ids = numbers(50);
    client.send(...ids.map((id) => encodeQuery("fleet.marathon.mesos", { id })));
    const answered = new Set<number>();
    while (answered.size < ids.length) answered.add(decode(await client.receive()).id ?? 0);
    expect([...answered].sort((a, b) => a - b)).toEqual(ids);
    client.close();
  });

  it("a query may come an octet at a time", async () => {
    const client = await TcpClient.connect(server);
    for (const octet of framed(encodeQuery("web.marathon.mesos"))) {
      await new Promise<void>((done) => client.socket.write(Buffer.of(octet), () => setImmediate(done)));
    }
    expect(decode(await client.receive()).answers).toHaveLength(2);
    client.close();
  });

  it("dig keeps a connection open for several questions", async () => {
    const { text } = await dig(server, "+tcp", "+keepopen", "web.marathon.mesos", "A", "both.marathon.mesos", "AAAA");
    expect(text.match(/status: NOERROR/g)).toHaveLength(2);
  });

  it("what cannot be a message ends the connection", async () => {
    const client = await TcpClient.connect(server);
    client.send(Buffer.from("short"));
    await expect(client.receive()).rejects.toThrow("closed before the answer");
    client.close();
  });

  it("a client that shuts its side down still gets its answer", async () => {
    const client = await TcpClient.connect(server);
    client.socket.end(framed(encodeQuery("web.marathon.mesos")));
    expect(decode(await client.receive()).answers).toHaveLength(2);
    client.close();
  });
});

it("an IPv6 listener answers over UDP and TCP, and its name server has that address", async () => {
  const v6 = await Server.start({ masters: [master.address], listener: "::1" });
  for (const ask of [dig, kdig]) {
    expect((await ask(v6, "both.marathon.mesos", "AAAA")).answer).toEqual(["both.marathon.mesos 60 AAAA 2001:db8::3"]);
    expect((await ask(v6, "ns1.mesos", "AAAA", "+tcp")).answer).toEqual(["ns1.mesos 60 AAAA ::1"]);
  }
  expect((await askUdp(v6, "nobody.mesos", { edns: 1232 })).rcode).toBe("NXDOMAIN");
  await v6.stop();
});

it("SetTruncateBit false sends what fits, maxUdpPayload how much that is, recurseon false no RA", async () => {
  const config = { masters: [master.address], SetTruncateBit: false, maxUdpPayload: 600, recurseon: false };
  const forwarding = { externalon: true, resolvers: ["127.0.0.1:1"] };
  const small = await Server.start({ ...config, ...forwarding });
  const cut = await askUdp(small, "fleet.marathon.mesos", { edns: 4096 });
  expect([cut.flag_tc, cut.flag_ra, optOf(cut)?.udpPayloadSize]).toEqual([false, false, 600]);
  expect(cut.answers?.length).toBe(Math.floor((600 - 12 - 26 - 11) / 16));
  expect(extendedErrors(cut)).toEqual([]);
  await small.stop();
});

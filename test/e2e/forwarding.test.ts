import type { Answer } from "dns-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { startAuthority } from "../support/authoritative.js";
import { dig, kdig } from "../support/digs.js";
import { extendedErrors, lines, type Message } from "../support/dns.js";
import { growth, startMaster, startServer, startUpstream, web, webAt } from "../support/scenario.js";
import { freePort, type Server } from "../support/server.js";
import { refusal, truncated, type Upstream } from "../support/upstream.js";
import { until } from "../support/wait.js";

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const [SERVFAIL, NXDOMAIN, REFUSED] = [2, 3, 5];

/** A server that forwards, with a resolver's silence ended after a second. */
async function forwarding(config: Readonly<Record<string, unknown>>): Promise<Server> {
  const master = await startMaster(webAt("203.0.113.1"));
  return startServer([master], { externalon: true, timeout: 1, ...config });
}

function address(data: string): (query: Message) => Answer[] {
  return ({ questions }) => [{ name: questions?.[0]?.name ?? "", type: "A", ttl: 9, data }];
}

/** A resolver that answers every name with one address. */
function resolver(data: string): Promise<Upstream> {
  return startUpstream(address(data));
}

async function deadAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`;
}

describe("a name elsewhere", () => {
  it("is answered whole, however large a datagram the resolver answers with", async () => {
    const upstream = await startUpstream(({ questions }) =>
      Array.from({ length: 500 }, (_, i) => ({
        name: questions?.[0]?.name ?? "",
        type: "A" as const,
        ttl: 9,
        data: `198.51.${100 + (i >> 8)}.${i & 255}`,
      })),
    );
    const server = await forwarding({ resolvers: [upstream.address] });
    expect((await askTcp(server, "large.example.com")).answers).toHaveLength(500);
  });

  it("that is an alias of the cluster's gets what the cluster has", async () => {
    const upstream = await startUpstream(({ questions }) => [
      { name: questions?.[0]?.name ?? "", type: "CNAME" as const, ttl: 9, data: "web.marathon.mesos" },
    ]);
    const server = await forwarding({ resolvers: [upstream.address] });
    for (let i = 0; i < 2; i++) {
      const answer = await askUdp(server, "shop.example.com");
      expect(lines(answer.answers)).toEqual([
        "shop.example.com 9 CNAME web.marathon.mesos",
        "web.marathon.mesos 60 A 203.0.113.1",
      ]);
      expect(answer.flag_aa).toBe(false);
    }
  });

  it("gets the resolver's answer, as the client asked for it and never as authoritative", async () => {
    const upstream = await resolver("198.51.100.1");
    const server = await forwarding({ resolvers: [upstream.address] });
    const answer = await askUdp(server, "wWw.Example.COM", { id: 0xbeef });
    expect(lines(answer.answers)).toEqual(["www.example.com 9 A 198.51.100.1"]);
    expect([answer.id, answer.questions?.[0]?.name]).toEqual([0xbeef, "wWw.Example.COM"]);
    expect([answer.flag_qr, answer.flag_aa, answer.flag_rd, answer.flag_ra]).toEqual([true, false, true, true]);
    for (const ask of [dig, kdig]) {
      const { status, flags, answer: records } = await ask(server, "www.example.com", "A");
      expect([status, flags, records]).toEqual(["NOERROR", ["qr", "rd", "ra"], ["www.example.com 9 A 198.51.100.1"]]);
      // Whoever gets other names resolved here hears so with the cluster's names as well.
      expect((await ask(server, "web.marathon.mesos", "A")).flags).toEqual(["qr", "aa", "rd", "ra"]);
    }
  });

  it.each([1, 2])("gets its answer however slow, as long as that comes in time (%i resolvers)", async (count) => {
    const slow = async (query: Message) => {
      if (query.questions?.[0]?.name.toLowerCase().startsWith("slow")) await after(2_000);
      return address("198.51.100.1")(query);
    };
    const upstreams = await Promise.all(Array.from({ length: count }, () => startUpstream(slow)));
    const server = await forwarding({ resolvers: upstreams.map((one) => one.address), timeout: 5 });
    const names = Array.from({ length: 30 }, (_, i) => (i % 10 === 9 ? `quick${i}` : `slow${i}`));
    const asked = names.map(async (name, i) => {
      await after(50 * i);
      return (await askUdp(server, `${name}.example.com`)).answers?.length;
    });
    expect(await Promise.all(asked)).toEqual(Array(30).fill(1));
    expect(server.log.filter(({ msg }) => msg.startsWith("this resolver"))).toEqual([]);
  });

  it("is found where the resolver knows it in lower case only, which is told", async () => {
    const upstream = await startUpstream((query) =>
      /[A-Z]/.test(query.questions?.[0]?.name ?? "") ? refusal(query, NXDOMAIN) : address("198.51.100.1")(query),
    );
    const server = await forwarding({ resolvers: [upstream.address] });
    expect((await askUdp(server, "redis.weave.example")).answers).toHaveLength(1);
    expect(await server.logged(/letter case/)).toMatchObject({ level: "warn", resolver: upstream.address });
    expect((await askUdp(server, "web.weave.example")).answers).toHaveLength(1);
    await until("it to be shown", async () =>
      (await (await server.fetch("/v1/forward")).text()).includes('"mindsCase":true'),
    );
    const metrics = await server.metrics();
    expect(metrics).toContain(`mesos_dns_upstream_minds_case{resolver="${upstream.address}"} 1`);
    const plain = await startUpstream(address("198.51.100.1"));
    const other = await forwarding({ resolvers: [plain.address], mixedCase: false });
    await askUdp(other, "a-name-with-many-letters.example");
    expect(plain.queries.at(-1)?.message.questions?.[0]?.name).toBe("a-name-with-many-letters.example");
    expect(await (await other.fetch("/v1/forward")).text()).toContain('"mixedCase":false');
  });

  it("goes out with an id of its own, over UDP whatever the client's transport", async () => {
    const upstream = await resolver("198.51.100.1");
    const server = await forwarding({ resolvers: [upstream.address] });
    for (let i = 0; i < 6; i++) await askUdp(server, `www${i}.example.com`, { id: 7 });
    expect(new Set(upstream.queries.map(({ message }) => message.id)).size).toBeGreaterThan(1);
    expect((await askTcp(server, "tcp.example.com")).answers).toHaveLength(1);
    expect(upstream.asked.at(-1)).toBe("tcp.example.com udp");
  });

  it("that is answered too large for a datagram is fetched over TCP, and comes whole in the end", async () => {
    const text = Array.from({ length: 8 }, (_, i) => String(i).repeat(250));
    const upstream = await startUpstream((query, via) =>
      via === "udp" ? truncated(query) : [{ name: "big.example.com", type: "TXT", ttl: 9, data: text }],
    );
    const server = await forwarding({ resolvers: [upstream.address] });
    const cut = await askUdp(server, "big.example.com", { type: "TXT", edns: 1232 });
    expect([cut.flag_tc, cut.flag_aa, cut.answers]).toEqual([true, false, []]);
    const whole = await dig(server, "big.example.com", "TXT");
    expect([whole.tcp, whole.answer]).toEqual([true, [`big.example.com 9 TXT ${text.map((t) => `"${t}"`).join(" ")}`]]);
    expect(upstream.asked.slice(0, 2)).toEqual(["big.example.com udp", "big.example.com tcp"]);
  });

  it("is looked for at the resolvers of the longest zone it is in", async () => {
    const names = ["other", "corp", "deep"];
    const [other, corp, deep] = await Promise.all(names.map((_, i) => resolver(`198.51.100.${i}`)));
    const server = await forwarding({
      resolvers: [other.address],
      zoneResolvers: { "Corp.Example.": [corp.address], "deep.corp.example": [deep.address] },
    });
    for (const name of ["corp.example", "a.CORP.example", "a.deep.corp.example", "xcorp.example", "example"]) {
      await askUdp(server, name);
    }
    expect(other.asked).toEqual(["xcorp.example udp", "example udp"]);
    expect(corp.asked).toEqual(["corp.example udp", "a.corp.example udp"]);
    expect(deep.asked).toEqual(["a.deep.corp.example udp"]);
  });

  it("is not looked for elsewhere where it is in the domain, whatever zone is around that", async () => {
    const around = await resolver("198.51.100.1");
    const server = await forwarding({ domain: "mesos.example", zoneResolvers: { example: [around.address] } });
    expect((await askUdp(server, "nobody.mesos.example")).rcode).toBe("NXDOMAIN");
    expect((await askUdp(server, "web.marathon.mesos.example")).rcode).toBe("NOERROR");
    expect(around.asked).toEqual([]);
  });
});

describe("of several resolvers", () => {
  it.each([
    ["is dead", deadAddress],
    ["cannot be reached", async () => "255.255.255.255"],
    ["is silent", async () => (await startUpstream(() => undefined)).address],
    ["fails", async () => (await startUpstream((query) => refusal(query, SERVFAIL))).address],
    ["refuses", async () => (await startUpstream((query) => refusal(query, REFUSED))).address],
  ])("the next is asked when one %s", async (_, first) => {
    const second = await resolver("198.51.100.2");
    const server = await forwarding({ resolvers: [await first(), second.address] });
    for (const ask of [askUdp, askTcp]) {
      const { answers } = await ask(server, "www.example.com");
      expect(lines(answers)).toEqual(["www.example.com 9 A 198.51.100.2"]);
    }
  });

  it("none is asked after one that knows there is no such name", async () => {
    const first = await startUpstream((query) => refusal(query, NXDOMAIN));
    const second = await resolver("198.51.100.2");
    const server = await forwarding({ resolvers: [first.address, second.address] });
    expect((await askUdp(server, "nobody.example.com")).rcode).toBe("NXDOMAIN");
    expect(second.asked).toEqual([]);
  });

  it.each([
    ["none can be reached", deadAddress, 23, "network_error"],
    ["none answers", async () => (await startUpstream(() => undefined)).address, 22, "timeout"],
  ] as const)("if %s, that is SERVFAIL with the reason, and the cluster's names go on", async (_, at, ede, result) => {
    const dead = await at();
    const server = await forwarding({ resolvers: [dead] });
    const counted = growth(server, `mesos_dns_forwards_total{resolver="${dead}",result="${result}"}`);
    const answer = await askUdp(server, "www.example.com", { edns: 1232 });
    expect([answer.rcode, answer.flag_ra, extendedErrors(answer)]).toEqual(["SERVFAIL", true, [ede]]);
    expect((await dig(server, "www.example.com", "A")).errors).toEqual([ede]);
    await counted;
    expect(await web(server)).toBe("203.0.113.1");
  });

  it("if all refuse, the client hears that", async () => {
    const upstream = await startUpstream((query) => refusal(query, REFUSED));
    const server = await forwarding({ resolvers: [upstream.address] });
    expect((await askUdp(server, "www.example.com")).rcode).toBe("REFUSED");
  });
});

it("without externalon, other names are refused, until SIGHUP brings resolvers", async () => {
  const upstream = await resolver("198.51.100.1");
  const master = await startMaster(webAt("203.0.113.1"));
  const server = await startServer([master], { externalon: false });
  const refused = await askUdp(server, "www.example.com", { edns: 1232 });
  expect([refused.rcode, refused.flag_aa, extendedErrors(refused)]).toEqual(["REFUSED", false, [20]]);
  await server.reload({ masters: [master.address], externalon: true, resolvers: [upstream.address] });
  await until("the resolver's answer", async () => (await askUdp(server, "www.example.com")).rcode === "NOERROR");
});

const ZONE = `
$ORIGIN example.com.
$TTL 300
@       SOA   ns.example.com. hostmaster.example.com. 1 3600 600 86400 300
        NS    ns.example.com.
        MX    10 mail.example.com.
        TXT   "v=spf1 -all"
        CAA   0 issue "ca.example.net"
ns      A     198.51.100.53
mail    A     198.51.100.25
        AAAA  2001:db8::25
www     CNAME mail.example.com.
*.wild  A     198.51.100.99
big     TXT   ${Array.from({ length: 10 }, (_, i) => `"${String(i).repeat(200)}"`).join(" ")}
`;

describe("what a real name server says", () => {
  it("arrives as it was said, for every kind of question", async () => {
    const nsd = await startAuthority("NSD", "example.com", ZONE);
    onTestFinished(() => nsd.stop());
    const server = await forwarding({
      resolvers: [await deadAddress()],
      zoneResolvers: { "example.com": [nsd.address] },
    });
    const questions = [
      ["www.example.com", "A"],
      ["mail.example.com", "AAAA"],
      ["example.com", "MX"],
      ["example.com", "CAA"],
      ["example.com", "SOA"],
      ["a.b.wild.example.com", "A"],
      ["mail.example.com", "TXT"],
      ["nobody.example.com", "A"],
      ["big.example.com", "TXT"],
      ["big.example.com", "TXT", "+tcp"],
      ["big.example.com", "TXT", "+noedns"],
      ["mail.example.com", "ANY", "+tcp"],
    ];
    for (const question of questions) {
      for (const ask of [dig, kdig]) {
        const [there, here] = [await ask(nsd, ...question), await ask(server, ...question)];
        const said = ({ status, answer, authority, additional }: typeof here) => [
          status,
          answer,
          authority,
          additional,
        ];
        expect([question, ...said(here)]).toEqual([question, ...said(there)]);
        expect(here.flags).not.toContain("aa");
      }
    }
  });
});

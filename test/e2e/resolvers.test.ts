import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { AUTHORITIES, startAuthority } from "../support/authoritative.js";
import { dig } from "../support/digs.js";
import { extendedErrors, lines } from "../support/dns.js";
import { startMaster, startServer, web, webAt } from "../support/scenario.js";
import { freePort, type Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { startUnbound, type UnboundOptions } from "../support/unbound.js";
import { until } from "../support/wait.js";

interface Forwarding {
  readonly resolvers: readonly { readonly resolver: string; readonly health: string; readonly mixedCase: boolean }[];
  readonly cache: { readonly hits: number; readonly misses: number; readonly stale: number };
}

async function forwarding(config: Readonly<Record<string, unknown>>): Promise<Server> {
  const master = await startMaster(webAt("203.0.113.1"));
  return startServer([master], { externalon: true, timeout: 2, ...config });
}

async function unbound(options: UnboundOptions) {
  const resolver = await startUnbound(options);
  onTestFinished(() => resolver.stop());
  return resolver;
}

async function healthOf(server: Server, resolver: string): Promise<string | undefined> {
  const { resolvers } = await server.json<Forwarding>("/v1/forward");
  return resolvers.find((one) => one.resolver === resolver)?.health;
}

const ZONE = `
$ORIGIN example.com.
$TTL 300
@     SOA   ns.example.com. hostmaster.example.com. 1 3600 600 86400 30
      NS    ns.example.com.
ns    A     198.51.100.53
www   A     198.51.100.1
www   A     198.51.100.2
www   A     198.51.100.3
alias CNAME www
odd   TYPE65280 \\# 4 0A000001
zero  0 A   198.51.100.9
`;

describe.each(Object.keys(AUTHORITIES) as (keyof typeof AUTHORITIES)[])("with %s as the resolver", (name) => {
  async function start() {
    const authority = await startAuthority(name, "example.com", ZONE);
    onTestFinished(() => authority.stop());
    return forwarding({ resolvers: [authority.address] });
  }

  it("answers come from the cache the second time, not authoritative, in turns", async () => {
    const server = await start();
    const seen = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const { flags, answer } = await dig(server, "www.example.com", "A");
      expect(flags).toEqual(["qr", "rd", "ra"]);
      expect(answer).toHaveLength(3);
      seen.add(answer[0]?.split(" ").at(-1) ?? "");
    }
    expect(seen.size).toBe(3);
    await until("the counts", async () => {
      const { cache } = await server.json<Forwarding>("/v1/forward");
      return cache.hits === 29 && cache.misses === 1;
    });
    expect(await server.json<Forwarding>("/v1/forward")).toMatchObject({ resolvers: [{ mixedCase: true }] });
  });

  it("what does not exist may be kept for the SOA's minimum", async () => {
    const server = await start();
    for (const question of ["nobody.example.com", "www.example.com"] as const) {
      const { authority } = await dig(server, question, "AAAA");
      expect(authority).toEqual(["example.com 30 SOA ns.example.com hostmaster.example.com 1 3600 600 86400 30"]);
    }
  });

  it("aliases and types nobody knows pass unchanged; TTL 0 is never kept", async () => {
    const server = await start();
    expect((await dig(server, "alias.example.com", "A")).answer).toHaveLength(4);
    expect((await dig(server, "odd.example.com", "TYPE65280")).answer).toEqual([
      "odd.example.com 300 TYPE65280 \\# 4 0A000001",
    ]);
    for (let i = 0; i < 2; i++) expect((await dig(server, "zero.example.com", "A")).answer).toHaveLength(1);
    await until("both to be misses", async () => (await server.json<Forwarding>("/v1/forward")).cache.misses === 4);
  });
});

describe("with Unbound as the resolver", () => {
  it("answers of its own and of whom it asks arrive", async () => {
    const authority = await startAuthority("NSD", "example.com", ZONE);
    onTestFinished(() => authority.stop());
    const resolver = await unbound({ forwardTo: authority.address });
    const server = await forwarding({ resolvers: [resolver.address] });
    expect((await dig(server, "unbound.example", "A")).answer).toEqual(["unbound.example 60 A 198.51.100.1"]);
    const { answer, flags } = await dig(server, "alias.example.com", "A");
    expect([answer.length, flags]).toEqual([4, ["qr", "rd", "ra"]]);
  });

  it("that dies, what is kept is given past its time until it is back", async () => {
    const port = await freePort();
    const localData = ["short.example. 1 IN A 198.51.100.7"];
    const first = await startUnbound({ localData, port });
    const server = await forwarding({ resolvers: [first.address] });
    await askUdp(server, "short.example");
    await first.stop();
    const stale = await until("a stale answer", async () => {
      const message = await askUdp(server, "short.example", { edns: 1232 });
      return extendedErrors(message).includes(3) && message;
    });
    expect(lines(stale.answers)).toEqual(["short.example 30 A 198.51.100.7"]);
    const failed = await askUdp(server, "never-asked.example", { edns: 1232 });
    expect([failed.rcode, extendedErrors(failed)]).toEqual(["SERVFAIL", [23]]);
    for (let i = 0; i < 3; i++) await askUdp(server, `down${i}.example`);
    await until("it to be down", async () => (await healthOf(server, first.address)) === "down");
    expect(await web(server)).toBe("203.0.113.1");
    await unbound({ localData, port });
    await until("it to be up", async () => (await healthOf(server, first.address)) === "up");
    const fresh = await askUdp(server, "short.example", { edns: 1232 });
    expect([lines(fresh.answers), extendedErrors(fresh)]).toEqual([["short.example 1 A 198.51.100.7"], []]);
    expect(server.log.filter(({ msg }) => /^this resolver (fails|answers again)/.test(msg))).toMatchObject([
      { resolver: first.address, reason: "connection refused" },
      { resolver: first.address },
    ]);
  });

  it.each(["sequential", "fastest", "race"])(
    "that hangs, another is asked in its place (%s)",
    async (forwardPolicy) => {
      const [first, second] = [await unbound({}), await unbound({})];
      const server = await forwarding({ resolvers: [first.address, second.address], forwardPolicy });
      await askUdp(server, "unbound.example");
      first.signal("SIGSTOP");
      // Local data of Unbound's, under a name of its own each time: none of them is in the cache.
      for (let i = 0; i < 8; i++) {
        const started = performance.now();
        const type = ["A", "TXT", "MX", "AAAA", "SRV", "CAA", "NS", "PTR"][i];
        expect((await askUdp(server, "unbound.example", { type: type as "A" })).rcode).toBe("NOERROR");
        expect(performance.now() - started).toBeLessThan(1_500);
      }
    },
  );

  it("that forwards back to this server, it is found and not asked", async () => {
    const port = await freePort();
    const resolver = await unbound({ forwardTo: `127.0.0.1:${port}` });
    const server = await forwarding({ port, resolvers: [resolver.address] });
    await server.logged(/^this resolver sends our queries back to us/);
    const refused = await askUdp(server, "www.example.net", { edns: 1232 });
    expect([refused.rcode, extendedErrors(refused)]).toEqual(["SERVFAIL", [22]]);
    expect(await web(server)).toBe("203.0.113.1");
    await until("the loop to be shown", async () => (await healthOf(server, resolver.address)) === "loop");
  });
});

describe("over TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-resolvers-"));
  const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", tls.key];
    const name = ["-subj", "/CN=dns.example", "-addext", "subjectAltName=DNS:dns.example"];
    const { status, stderr } = await run("openssl", ["req", "-x509", ...key, "-out", tls.cert, "-days", "2", ...name]);
    if (status !== 0) throw new Error(stderr);
  });

  it("a resolver is asked that has the right certificate, and no other", async () => {
    const resolver = await unbound({ tls });
    const right = `tls://127.0.0.1:${resolver.tlsPort}#dns.example`;
    const wrong = `tls://127.0.0.1:${resolver.tlsPort}#other.example`;
    const server = await forwarding({
      resolvers: [right],
      zoneResolvers: { "unbound.example": [wrong] },
      resolverCACertFile: tls.cert,
    });
    expect((await askUdp(server, "nobody.example", { edns: 1232 })).rcode).toBe("NXDOMAIN");
    const refused = await askUdp(server, "unbound.example", { edns: 1232 });
    expect([refused.rcode, extendedErrors(refused)]).toEqual(["SERVFAIL", [23]]);
    await until("the reason", async () => {
      const text = await (await server.fetch("/v1/forward")).text();
      return text.includes("the certificate is not for other.example");
    });
  });
});

describe("an operator", () => {
  it("may flush a name, or everything, where that is allowed", async () => {
    const resolver = await unbound({});
    const server = await forwarding({ resolvers: [resolver.address], cache: { allowFlush: true } });
    const flush = async (query: string) =>
      (await server.fetch(`/v1/cache/flush${query}`, { method: "POST" })).json() as Promise<unknown>;
    await askUdp(server, "unbound.example");
    await askUdp(server, "unbound.example", { edns: 1232, dnssecOk: true });
    await askUdp(server, "unbound.example", { type: "TXT" });
    expect(await flush("?name=UNBOUND.example.")).toEqual({ flushed: 2 });
    expect(await flush("?name=unbound.example")).toEqual({ flushed: 0 });
    await askUdp(server, "unbound.example");
    expect(await flush("")).toEqual({ flushed: 1 });
    expect((await server.fetch("/v1/cache/flush")).status).toBe(405);
    const other = await forwarding({ resolvers: [resolver.address] });
    expect((await other.fetch("/v1/cache/flush", { method: "POST" })).status).toBe(404);
  });

  it("leaves a resolver out that is this server itself, and says so", async () => {
    const port = await freePort();
    const resolver = await unbound({});
    const server = await forwarding({ port, resolvers: [`127.0.0.1:${port}`, resolver.address] });
    expect((await dig(server, "unbound.example", "A")).status).toBe("NOERROR");
    expect(server.log.map(({ msg }) => msg)).toContain(
      `resolvers: 127.0.0.1:${port} is left out, as this server listens there itself`,
    );
  });
});

it("names that are local leave the server only where a zone resolver asks for it", async () => {
  const resolver = await unbound({ localData: ["1.2.0.10.in-addr.arpa. 60 IN PTR host.corp.example."] });
  const server = await forwarding({ resolvers: [resolver.address] });
  expect((await dig(server, "1.2.0.10.in-addr.arpa", "PTR")).status).toBe("NXDOMAIN");
  expect((await dig(server, "anything.test", "A")).status).toBe("NXDOMAIN");
  expect((await dig(server, "a.localhost", "A")).answer).toEqual(["a.localhost 10800 A 127.0.0.1"]);
  expect(lines((await askTcp(server, "localhost", { type: "AAAA" })).answers)).toEqual(["localhost 10800 AAAA ::1"]);
  const corporate = await forwarding({ zoneResolvers: { "10.in-addr.arpa": [resolver.address] }, resolvers: [] });
  expect((await dig(corporate, "1.2.0.10.in-addr.arpa", "PTR")).answer).toEqual([
    "1.2.0.10.in-addr.arpa 60 PTR host.corp.example",
  ]);
});

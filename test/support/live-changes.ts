import { join } from "node:path";
import { optOf } from "./dns.js";
import {
  account,
  answersOf,
  areSecure,
  ask,
  at,
  basic,
  CERT,
  config,
  FROM_SECURED,
  failures,
  isFromSecured,
  isSecondClosed,
  limited,
  login,
  loginAsked,
  masterHeard,
  outside,
  overHttps,
  rcode,
  refused,
  soa,
  status,
  web,
} from "./live-asks.js";
import { closedAfter, cookieOf, isCookieOf } from "./live-probes.js";
import { folder, master, mute, OTHER_SECRET, one, other, STATE, server, tlsResolver, two } from "./live-server.js";

/** What a key is changed to on a running server, and how to see there that it counts. */
export interface Change {
  readonly to: Readonly<Record<string, unknown>>;
  readonly isSeen: () => Promise<boolean>;
  /** Looking changes what the others do, so that it cannot be looked before. */
  readonly isDisturbing?: true;
}

/** One for every key that is live. */
export const CHANGES: Readonly<Record<string, () => Change>> = {
  zk: () => ({
    to: { zk: "zk://127.0.0.1:1/mesos" },
    isSeen: async () =>
      ((await server.metric('mesos_dns_zookeeper_failures_total{code="ZOOKEEPER_UNREACHABLE"}')) ?? 0) > 0,
  }),
  zkDetectionTimeout: () => ({ to: { zkDetectionTimeout: 1 }, isSeen: config("ZkDetectionTimeout", 1) }),
  masters: () => ({ to: { masters: [other.address] }, isSeen: async () => (await web()).includes("203.0.113.9") }),
  mesosAuthentication: () => ({ to: login("a", "b"), isSeen: masterHeard(basic("a", "b")) }),
  "mesosCredentials.principal": () => ({ to: login("c", "b"), isSeen: masterHeard(basic("c", "b")) }),
  "mesosCredentials.secret": () => ({ to: login("c", "d"), isSeen: masterHeard(basic("c", "d")) }),
  IAMConfigFile: () => ({ to: { mesosAuthentication: "iam", IAMConfigFile: account() }, isSeen: loginAsked }),
  mesosHTTPSOn: () => ({ to: { mesosHTTPSOn: true }, isSeen: async () => (await failures("MASTER_UNREACHABLE")) > 0 }),
  CACertFile: () => ({ to: FROM_SECURED(), isSeen: isFromSecured }),
  CertFile: () => ({ to: FROM_SECURED(), isSeen: isFromSecured }),
  KeyFile: () => ({ to: FROM_SECURED(), isSeen: isFromSecured }),
  refreshSeconds: () => ({
    to: { refreshSeconds: 3600 },
    isSeen: async () => {
      const before = master.requests.length;
      await new Promise((done) => setTimeout(done, 2_500));
      return master.requests.length === before;
    },
  }),
  updates: () => ({
    to: { updates: "stream" },
    isSeen: async () => master.requests.some(({ method }) => method === "POST"),
  }),
  failoverGrace: () => ({ to: { failoverGrace: 7 }, isSeen: config("FailoverGrace", 7) }),
  maxShrink: () => ({
    to: { maxShrink: 1 },
    isDisturbing: true,
    isSeen: async () => {
      master.lead(STATE("203.0.113.1", false));
      return (await (await server.fetch("/readyz")).text()).includes("(maxShrink)");
    },
  }),
  stateTimeoutSeconds: () => ({
    to: { stateTimeoutSeconds: 1 },
    isDisturbing: true,
    isSeen: async () => {
      master.answer({ silent: true });
      return (await failures("MASTER_TIMEOUT")) > 0;
    },
  }),
  stateMaxBytes: () => ({ to: { stateMaxBytes: 10 }, isSeen: async () => (await failures("STATE_TOO_LARGE")) > 0 }),
  stateMaxAgeSeconds: () => ({
    to: { stateMaxAgeSeconds: 2 },
    isDisturbing: true,
    isSeen: async () => {
      master.answer({ status: 503 });
      return (await status("/readyz")) === 503;
    },
  }),
  ttl: () => ({
    to: { ttl: 7 },
    isSeen: async () => (await answersOf("web.marathon.mesos"))[0]?.split(" ")[1] === "7",
  }),
  domain: () => ({
    to: { domain: "dc1.example" },
    isSeen: async () => / 203\.0\.113\.1$/.test((await answersOf("web.marathon.dc1.example"))[0] ?? ""),
  }),
  resolvers: () => ({
    to: { resolvers: [two.address] },
    isSeen: async () => (await answersOf(outside()))[0]?.endsWith("198.51.100.2") === true,
  }),
  zoneResolvers: () => ({
    to: { zoneResolvers: { "corp.example": [two.address] } },
    isSeen: async () =>
      (await answersOf(`${outside()}`.replace("example", "corp.example")))[0]?.endsWith("198.51.100.2") === true,
  }),
  resolverCACertFile: () => ({
    to: { resolvers: [tlsResolver()], resolverCACertFile: join(folder, "cert") },
    isSeen: async () => (await answersOf(outside()))[0]?.endsWith("198.51.100.3") === true,
  }),
  forwardPolicy: () => ({
    to: { forwardPolicy: "race", resolvers: [one.address, two.address] },
    isSeen: async () => {
      const before = two.queries.length;
      await ask(outside());
      return two.queries.length > before;
    },
  }),
  mixedCase: () => ({
    to: { mixedCase: false },
    isSeen: async () => {
      const name = `abcdefghijklmnopqrstuvwxyz.${outside()}`;
      await ask(name);
      return one.queries.at(-1)?.message.questions?.[0]?.name === name;
    },
  }),
  trustedProxies: () => ({
    to: { trustedProxies: ["127.0.0.0/8"] },
    isSeen: async () => (await overHttps(outside(), { "x-forwarded-for": "203.0.113.200" })) === "REFUSED",
  }),
  timeout: () => ({
    to: { timeout: 1 },
    isDisturbing: true,
    isSeen: async () => {
      mute();
      const began = performance.now();
      await ask(outside());
      return performance.now() - began < 3_000;
    },
  }),
  externalon: () => ({ to: { externalon: false }, isSeen: async () => (await rcode(outside())) === "REFUSED" }),
  recurseon: () => ({
    to: { recurseon: false },
    isSeen: async () => (await ask("web.marathon.mesos")).flag_ra === false,
  }),
  SOAMname: () => ({ to: { SOAMname: "ns9.example" }, isSeen: async () => (await soa())[3] === "ns9.example" }),
  SOARname: () => ({ to: { SOARname: "ops.example" }, isSeen: async () => (await soa())[4] === "ops.example" }),
  SOARefresh: () => ({ to: { SOARefresh: 11 }, isSeen: async () => (await soa())[6] === "11" }),
  SOARetry: () => ({ to: { SOARetry: 12 }, isSeen: async () => (await soa())[7] === "12" }),
  SOAExpire: () => ({ to: { SOAExpire: 13 }, isSeen: async () => (await soa())[8] === "13" }),
  SOAMinttl: () => ({ to: { SOAMinttl: 14 }, isSeen: async () => (await soa())[9] === "14" }),
  srvRecordDefaultWeight: () => ({
    to: { srvRecordDefaultWeight: 77 },
    isSeen: async () => / 77 /.test((await answersOf("_web._tcp.marathon.mesos", { type: "SRV" }))[0] ?? ""),
  }),
  enforceRFC952: () => ({
    to: { enforceRFC952: true },
    isSeen: async () => (await rcode("a-name-that-is-longer-than-24.marathon.mesos")) === "NXDOMAIN",
  }),
  SetTruncateBit: () => ({
    to: { SetTruncateBit: false },
    isSeen: async () => !(await ask("fleet.marathon.mesos")).flag_tc,
  }),
  IPSources: () => ({ to: { IPSources: ["host"] }, isSeen: async () => (await web()) === "192.0.2.10" }),
  EnumerationOn: () => ({ to: { EnumerationOn: false }, isSeen: async () => (await status("/v1/enumerate")) === 404 }),
  healthPolicy: () => ({ to: { healthPolicy: "omitUnhealthy" }, isSeen: async () => (await web()) === "203.0.113.1" }),
  dcosNames: () => ({
    to: { dcosNames: true },
    isSeen: async () =>
      / 203\.0\.113\.1$/.test((await answersOf("web.marathon.containerip.dcos.thisdcos.directory"))[0] ?? ""),
  }),
  maxUdpPayload: () => ({
    to: { maxUdpPayload: 600 },
    isSeen: async () => optOf(await ask("web.marathon.mesos", { edns: 4096 }))?.udpPayloadSize === 600,
  }),
  reverse: () => ({
    to: { reverse: false },
    isSeen: async () => !/ PTR .*mesos/.test((await answersOf("1.113.0.203.in-addr.arpa", { type: "PTR" }))[0] ?? ""),
  }),
  serverVersion: () => ({
    to: { serverVersion: "" },
    isSeen: async () => (await rcode("version.bind", { class: "CH", type: "TXT" })) === "REFUSED",
  }),
  serverId: () => ({
    to: { serverId: "here" },
    isSeen: async () => (await rcode("id.server", { class: "CH", type: "TXT" })) === "NOERROR",
  }),
  cookies: () => ({ to: { cookies: false }, isSeen: async () => (await cookieOf(at())) === undefined }),
  cookieSecret: () => ({
    to: { cookieSecret: OTHER_SECRET },
    isSeen: async () => isCookieOf(await cookieOf(at()), OTHER_SECRET),
  }),
  previousCookieSecret: () => ({
    to: { previousCookieSecret: OTHER_SECRET },
    isSeen: config("PreviousCookieSecret", "[hidden]"),
  }),
  allowQuery: () => ({
    to: { allowQuery: ["192.0.2.0/24"] },
    isSeen: async () => (await rcode("web.marathon.mesos")) === "REFUSED",
  }),
  allowRecursion: () => ({
    to: { allowRecursion: ["192.0.2.0/24"] },
    isSeen: async () => (await rcode(outside())) === "REFUSED",
  }),
  "rateLimit.answersPerSecond": () => ({
    to: { rateLimit: { answersPerSecond: 1, slip: 0 } },
    isSeen: () => limited("web.marathon.mesos", "missing"),
  }),
  "rateLimit.negativesPerSecond": () => ({
    to: { rateLimit: { negativesPerSecond: 1, slip: 0 } },
    isSeen: () => limited("nobody.mesos", "missing"),
  }),
  "rateLimit.errorsPerSecond": () => ({
    to: { rateLimit: { errorsPerSecond: 1, slip: 0 }, externalon: false },
    isSeen: () => limited("refused.example", "missing"),
  }),
  "rateLimit.slip": () => ({
    to: { rateLimit: { answersPerSecond: 1, slip: 1 } },
    isSeen: () => limited("web.marathon.mesos", "truncated"),
  }),
  "rateLimit.ipv4PrefixLength": () => ({
    to: { rateLimit: { ipv4PrefixLength: 8 } },
    isSeen: config("RateLimit.ipv4PrefixLength", 8),
  }),
  "rateLimit.ipv6PrefixLength": () => ({
    to: { rateLimit: { ipv6PrefixLength: 48 } },
    isSeen: config("RateLimit.ipv6PrefixLength", 48),
  }),
  "tcp.maxConnections": () => ({ to: { tcp: { maxConnections: 1 } }, isSeen: isSecondClosed }),
  "tcp.maxConnectionsPerClient": () => ({ to: { tcp: { maxConnectionsPerClient: 1 } }, isSeen: isSecondClosed }),
  "tcp.idleSeconds": () => ({
    to: { tcp: { idleSeconds: 1 } },
    isSeen: async () => (await closedAfter(at(), new Uint8Array(0), 5_000)) < 4_000,
  }),
  "tcp.stalledSeconds": () => ({
    to: { tcp: { stalledSeconds: 1 } },
    isSeen: async () => (await closedAfter(at(), Uint8Array.of(0, 60, 1), 5_000)) < 4_000,
  }),
  "forwarding.maxQueries": () => ({
    to: { forwarding: { maxQueries: 1 } },
    isSeen: async () => (await refused(8)) > 0,
  }),
  "forwarding.maxQueriesPerClient": () => ({
    to: { forwarding: { maxQueriesPerClient: 1 } },
    isSeen: async () => (await refused(8)) > 0,
  }),
  "forwarding.maxQueriesPerResolver": () => ({
    to: { forwarding: { maxQueriesPerResolver: 1 }, timeout: 1 },
    isSeen: config("Forwarding.maxQueriesPerResolver", 1),
  }),
  "cache.enabled": () => ({
    to: { cache: { enabled: false } },
    isSeen: async () => {
      const before = one.queries.length;
      for (const name of ["twice.example", "twice.example"]) await ask(name);
      return one.queries.length >= before + 2;
    },
  }),
  "cache.maxBytes": () => ({ to: { cache: { maxBytes: 1_048_576 } }, isSeen: config("Cache.maxBytes", 1_048_576) }),
  "cache.minTtl": () => ({
    to: { cache: { minTtl: 500 } },
    isSeen: async () => (await answersOf(outside()))[0]?.split(" ")[1] === "500",
  }),
  "cache.maxTtl": () => ({
    to: { cache: { maxTtl: 3 } },
    isSeen: async () => (await answersOf(outside()))[0]?.split(" ")[1] === "3",
  }),
  "cache.maxNegativeTtl": () => ({ to: { cache: { maxNegativeTtl: 3 } }, isSeen: config("Cache.maxNegativeTtl", 3) }),
  "cache.prefetch": () => ({ to: { cache: { prefetch: false } }, isSeen: config("Cache.prefetch", false) }),
  "cache.staleSeconds": () => ({ to: { cache: { staleSeconds: 0 } }, isSeen: config("Cache.staleSeconds", 0) }),
  "cache.allowFlush": () => ({
    to: { cache: { allowFlush: true } },
    isSeen: async () => (await status("/v1/cache/flush", { method: "POST" })) === 200,
  }),
  tlsCertFile: () => ({ to: CERT(), isSeen: areSecure }),
  tlsKeyFile: () => ({ to: CERT(), isSeen: areSecure }),
};

import { optOf } from "./dns.js";
import {
  account,
  answersOf,
  areGivenUp,
  areSecure,
  ask,
  at,
  basic,
  CERT,
  FROM_SECURED,
  failures,
  isFromOther,
  isFromSecured,
  isSecondClosed,
  limited,
  login,
  loginAsked,
  masterHeard,
  outside,
  overHttps,
  rcode,
  shareLimit,
  soa,
  status,
  web,
} from "./live-asks.js";
import type { Change } from "./live-change.js";
import { FORWARDING_CHANGES } from "./live-forwarding.js";
import { closedAfter, cookieOf, cookieWith, isCookieOf } from "./live-probes.js";
import { QUERY_LOG_CHANGES } from "./live-query-log.js";
import { master, OTHER_SECRET, other, STATE, server } from "./live-server.js";
import { SERVICE_CHANGES } from "./live-services.js";
import { TRANSFER_CHANGES } from "./live-transfers.js";

/** One for every key that is live and can be seen by asking this server. */
export const CHANGES: Readonly<Record<string, () => Change>> = {
  ...FORWARDING_CHANGES,
  ...TRANSFER_CHANGES,
  ...SERVICE_CHANGES,
  ...QUERY_LOG_CHANGES,
  console: () => ({
    to: { console: false },
    isSeen: async () => (await status("/v1/console/search?q=web")) === 404,
  }),
  zk: () => ({
    to: { zk: "zk://127.0.0.1:1/mesos" },
    isSeen: async () =>
      ((await server.metric('mesos_dns_zookeeper_failures_total{code="ZOOKEEPER_UNREACHABLE"}')) ?? 0) > 0,
  }),
  zkDetectionTimeout: () => ({
    given: { zk: "zk://127.0.0.1:1/mesos", masters: [other.address] },
    to: { zkDetectionTimeout: 1 },
    isSeen: isFromOther,
  }),
  masters: () => ({ to: { masters: [other.address] }, isSeen: isFromOther }),
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
  catalog: () => ({ to: { catalog: true }, isSeen: async () => (await server.fetch("/v1/catalog")).status === 200 }),
  failoverGrace: () => ({ to: { failoverGrace: 1 }, isSeen: areGivenUp }),
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
  trustedProxies: () => ({
    to: { trustedProxies: ["127.0.0.0/8"] },
    isSeen: async () => (await overHttps(outside(), { "x-forwarded-for": "203.0.113.200" })) === "REFUSED",
  }),
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
    isSeen: async () => {
      const old = cookieWith(OTHER_SECRET);
      return (await cookieOf(at(), old))?.equals(old) === true;
    },
  }),
  allowQuery: () => ({
    to: { allowQuery: ["192.0.2.0/24"] },
    isSeen: async () => (await rcode("web.marathon.mesos")) === "REFUSED",
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
    given: { rateLimit: { answersPerSecond: 1, slip: 0 } },
    to: { rateLimit: { answersPerSecond: 1, slip: 0, ipv4PrefixLength: 8 } },
    isSeen: shareLimit,
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
  tlsCertFile: () => ({ to: CERT(), isSeen: areSecure }),
  tlsKeyFile: () => ({ to: CERT(), isSeen: areSecure }),
};

import { expect, test } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { describeConfig } from "../../../src/config/describe.js";
import { KEY_PATHS, KEYS } from "../../../src/config/schema.js";
import { CACHE, CONSUL, configOf, FORWARDING, PRIVATE_NETWORKS, QUERY_LOG, RATE_LIMIT, TCP, VIPS } from "./support.js";

const context = { file: "/etc/mesos-dns/config.json", soaSerial: 42 };

test("the description has Mesos-DNS's field names", () => {
  expect(describeConfig(configOf(), context)).toEqual({
    RefreshSeconds: 60,
    Port: 53,
    Timeout: 5,
    StateTimeoutSeconds: 300,
    StateMaxBytes: 536_870_912,
    StateMaxAgeSeconds: 300,
    ZkDetectionTimeout: 30,
    HttpPort: 8123,
    TTL: 60,
    SOASerial: 42,
    SOARefresh: 60,
    SOARetry: 600,
    SOAExpire: 86_400,
    SOAMinttl: 60,
    SOAMname: "ns1.mesos.",
    SOARname: "root.ns1.mesos.",
    Masters: ["192.0.2.1:5050"],
    ZoneResolvers: {},
    Resolvers: ["8.8.8.8"],
    IPSources: ["netinfo", "mesos", "host"],
    Zk: "",
    Domain: "mesos",
    File: "/etc/mesos-dns/config.json",
    Listener: "0.0.0.0",
    DnsThreads: 0,
    UdpEngine: "auto",
    HTTPListener: "0.0.0.0",
    RecurseOn: true,
    DnsOn: true,
    HttpOn: true,
    ExternalOn: true,
    EnforceRFC952: false,
    SetTruncateBit: true,
    EnumerationOn: true,
    Console: true,
    MesosHTTPSOn: false,
    CACertFile: "",
    CertFile: "",
    KeyFile: "",
    MesosCredentials: { Principal: "", Secret: "" },
    IAMConfigFile: "",
    MesosAuthentication: "none",
    SRVRecordDefaultWeight: 1,
    HealthPolicy: "ignore",
    DcosNames: false,
    Catalog: "auto",
    StateDir: "",
    MaxUdpPayload: 1232,
    Reverse: true,
    NameServers: [],
    ReverseZones: [],
    StaticZones: [],
    Records: [],
    RecordsFile: "",
    CatalogZone: "",
    ServerVersion: "",
    ServerId: "",
    Cookies: true,
    CookieSecret: "",
    PreviousCookieSecret: "",
    AllowQuery: ["0.0.0.0/0", "::/0"],
    AllowRecursion: PRIVATE_NETWORKS,
    TrustedProxies: [],
    RateLimit: RATE_LIMIT,
    Tcp: TCP,
    ResolverCACertFile: "",
    ForwardPolicy: "sequential",
    MixedCase: true,
    Forwarding: FORWARDING,
    Cache: CACHE,
    QueryLog: QUERY_LOG,
    Vips: {
      ...VIPS,
      ipv4Range: "11.0.0.0-11.255.255.254",
      ipv6Range: "fd01:c::-fd01:c::ffff:ffff:ffff:ffff",
      addresses: {},
    },
    Consul: CONSUL,
    Updates: "stream",
    FailoverGrace: 600,
    MaxShrink: 50,
    TlsCertFile: "",
    TlsKeyFile: "",
    TlsPort: 853,
    HttpsPort: 0,
    AllowTransfer: [],
    Notify: [],
    NotifySource: "",
    TsigKeys: [],
    TsigKeyFile: "",
    MaxTransfers: 8,
    MaxTransfersPerClient: 2,
    MaxTransferSeconds: 300,
    IxfrJournalBytes: 67_108_864,
    TransferClientCAFile: "",
    HealthChecks: {},
    HealthCheckNetworks: [],
    AllowHealthOverride: false,
    HealthOverrideToken: "",
  });
});

test("every key that the server reads is described", () => {
  const described = new Set(Object.keys(describeConfig(configOf(), context)).map((name) => name.toLowerCase()));
  const read = KEY_PATHS.filter((path) => KEYS[path].reload !== "node").map((path) => path.split(".")[0]);
  const keys = (Object.keys(configOf()) as (keyof Config)[]).filter((key) => read.includes(key));
  expect(keys.filter((key) => !described.has(key.toLowerCase()))).toEqual([]);
});

test("addresses are written as an operator writes them", () => {
  const config = configOf({
    masters: ["[2001:db8::1]", "master.example:80"],
    resolvers: ["2001:db8::53", "[2001:db8::53]:5353", "192.0.2.53:5353"],
    zoneResolvers: { "corp.example": ["192.0.2.53"] },
  });
  expect(describeConfig(config, context)).toMatchObject({
    Masters: ["[2001:db8::1]:5050", "master.example:80"],
    Resolvers: ["2001:db8::53", "[2001:db8::53]:5353", "192.0.2.53:5353"],
    ZoneResolvers: { "corp.example": ["192.0.2.53"] },
  });
});

test("secrets are masked", () => {
  const config = configOf({
    zk: "zk://ops:s3cret@192.0.2.1:2181/mesos",
    mesosCredentials: { principal: "ops", secret: "s3cret" },
  });
  const described = describeConfig(config, context);
  expect(described.Zk).toBe("zk://ops:[hidden]@192.0.2.1:2181/mesos");
  expect(described.MesosCredentials).toEqual({ Principal: "ops", Secret: "[hidden]" });
  expect(JSON.stringify(described)).not.toContain("s3cret");
});

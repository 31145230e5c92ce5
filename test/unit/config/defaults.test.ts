import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GROUPS, KEY_PATHS, KEYS, variableOf } from "../../../src/config/schema.js";
import {
  CACHE,
  CONSUL,
  configOf,
  FORWARDING,
  LB,
  load,
  PRIVATE_NETWORKS,
  QUERY_LOG,
  RATE_LIMIT,
  TCP,
  VIP_NODE,
  VIPS,
} from "./support.js";

const root = new URL("../../../", import.meta.url);

describe("the defaults", () => {
  test("are those of Mesos-DNS, and new keys have their own", () => {
    expect(configOf()).toEqual({
      zk: "",
      masters: [{ host: "192.0.2.1", port: 5050 }],
      mesosAuthentication: "none",
      mesosCredentials: { principal: "", secret: "" },
      IAMConfigFile: "",
      mesosHTTPSOn: false,
      CACertFile: "",
      CertFile: "",
      KeyFile: "",
      refreshSeconds: 60,
      updates: "stream",
      failoverGrace: 600,
      maxShrink: 50,
      stateTimeoutSeconds: 300,
      stateMaxBytes: 536_870_912,
      stateMaxAgeSeconds: 300,
      zkDetectionTimeout: 30,
      ttl: 60,
      domain: "mesos",
      port: 53,
      resolvers: [{ host: "8.8.8.8", port: 53 }],
      zoneResolvers: {},
      resolverCACertFile: "",
      forwardPolicy: "sequential",
      mixedCase: true,
      timeout: 5,
      listener: ["0.0.0.0"],
      dnsThreads: 0,
      udpEngine: "auto",
      httplistener: "0.0.0.0",
      httpport: 8123,
      dnson: true,
      httpon: true,
      externalon: true,
      recurseon: true,
      SOAMname: "ns1.mesos",
      SOARname: "root.ns1.mesos",
      SOARefresh: 60,
      SOARetry: 600,
      SOAExpire: 86_400,
      SOAMinttl: 60,
      srvRecordDefaultWeight: 1,
      enforceRFC952: false,
      SetTruncateBit: true,
      IPSources: ["netinfo", "mesos", "host"],
      EnumerationOn: true,
      console: true,
      healthPolicy: "ignore",
      healthChecks: [],
      healthCheckNetworks: [],
      allowHealthOverride: false,
      healthOverrideToken: "",
      dcosNames: false,
      catalog: "auto",
      stateDir: "",
      maxUdpPayload: 1232,
      reverse: true,
      nameServers: [],
      reverseZones: [],
      staticZones: [],
      records: [],
      recordsFile: "",
      catalogZone: "",
      vips: { ...VIPS, ...VIP_NODE },
      consul: CONSUL,
      queryLog: QUERY_LOG,
      lb: LB,
      serverVersion: "",
      serverId: "",
      cookies: true,
      cookieSecret: "",
      previousCookieSecret: "",
      allowQuery: ["0.0.0.0/0", "::/0"],
      allowRecursion: PRIVATE_NETWORKS,
      trustedProxies: [],
      rateLimit: RATE_LIMIT,
      tcp: TCP,
      forwarding: FORWARDING,
      cache: CACHE,
      tlsCertFile: "",
      tlsKeyFile: "",
      tlsPort: 853,
      httpsPort: 0,
      allowTransfer: [],
      notify: [],
      notifySource: "",
      tsigKeys: [],
      tsigKeyFile: "",
      maxTransfers: 8,
      maxTransfersPerClient: 2,
      maxTransferSeconds: 300,
      ixfrJournalBytes: 67_108_864,
      transferClientCAFile: "",
    });
  });

  test("are accepted by their own formats", () => {
    for (const path of KEY_PATHS) {
      const fault = (_at: string, value: unknown, allowed: string) => {
        throw new Error(`${path}: ${JSON.stringify(value)} is not ${allowed}`);
      };
      const remark = (_at: string, text: string) => fault("", text, "without a remark");
      KEYS[path].format.read(KEYS[path].default, { fault, remark });
    }
  });

  test("of one load are not changed by another", () => {
    expect(configOf({ mesosCredentials: { principal: "ops" } }).mesosCredentials.principal).toBe("ops");
    expect(configOf().mesosCredentials.principal).toBe("");
  });
});

test("config.json.example loads without a warning", () => {
  const example = readFileSync(new URL("config.json.example", root), "utf8");
  const { config, warnings } = load(example);
  expect(warnings).toEqual([]);
  expect(config.masters).toHaveLength(3);
  expect(config.healthPolicy).toBe("omitUnhealthy");
});

describe("docs/configuration.md", () => {
  const text = readFileSync(new URL("docs/configuration.md", root), "utf8");

  test("has a row for every key of the schema, and no other", () => {
    expect(text.split("\n").filter((line) => /^\| `/.test(line))).toEqual(KEY_PATHS.map(documentedRow));
  });

  test("has an example that loads without a warning", () => {
    const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    expect(load(example).warnings).toEqual([]);
  });

  test("names only environment variables that exist", () => {
    const variables = new Set([...KEY_PATHS, ...GROUPS].map(variableOf));
    const named = text.match(/MESOS_DNS_[A-Z0-9_]+/g) ?? [];
    expect(named.filter((name) => !variables.has(name))).toEqual([]);
  });
});

function documentedRow(path: (typeof KEY_PATHS)[number]): string {
  const { default: value, shownDefault, format, reload, doc } = KEYS[path];
  const shown = shownDefault === undefined ? JSON.stringify(value) : JSON.stringify(shownDefault);
  return `| \`${path}\` | ${format.allowed} | \`${shown}\` | ${reload} | ${doc} |`;
}

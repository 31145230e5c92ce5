import { describe, expect, test } from "vitest";
import { describeConfig } from "../../../src/config/describe.js";
import { allowsTemplates, type LbFormat, mapsHosts } from "../../../src/config/lb.js";
import { changedKeys } from "../../../src/config/reload.js";
import { configOf, faultsOf, warningsOf } from "./support.js";

const lbOf = (lb: object) => configOf({ lb }).lb;
/** Without what is allowed. */
const places = (lb: object) => faultsOf({ lb }).map((fault) => fault.replace(/; allowed.*/, ""));
const urls = ["http://192.0.2.10:8080"];

describe("lb", () => {
  test("is off unless it is turned on", () => {
    expect(configOf().lb).toMatchObject({ enabled: false, source: "marathon", marathons: [], format: "haproxy" });
  });

  test("has keys inside keys, in any case, which the environment overrides one by one or together", () => {
    const lb = { Vhosts: { HTTP: "192.0.2.1:8080", stats: false }, reload: { coalesceMs: 10 }, bamboo: null };
    const env = { MESOS_DNS_LB_VHOSTS_HTTPS: "false", MESOS_DNS_LB_RELOAD: '{"coalescems": 20}' };
    expect(configOf({ lb }, { env }).lb).toMatchObject({
      vhosts: { http: { host: "192.0.2.1", port: 8080 }, https: false, stats: false, map: "auto" },
      reload: { coalesceMs: 20, minIntervalSeconds: 5 },
      bamboo: { defaultRule: false },
    });
    expect(warningsOf({ lb: { vhosts: { binds: 1 }, vhost: {} } })).toEqual([
      "unknown key lb.vhosts.binds is ignored",
      "unknown key lb.vhost is ignored",
    ]);
    expect(faultsOf({ lb: { reload: 5 } })).toEqual([
      "lb.reload: got 5; allowed: an object with coalesceMs and minIntervalSeconds",
    ]);
  });

  test("has Marathons, each with its nodes and its login", () => {
    const given = [
      {
        urls: ["HTTP://M1.example.com:8080/", "https://dcos.example.com/service/marathon/"],
        user: "lb",
        password: "x:y",
      },
      { name: "second", urls, dcos: true, caFile: "/etc/ca.pem" },
    ];
    expect(lbOf({ marathons: given }).marathons).toEqual([
      {
        name: "marathon",
        urls: ["http://m1.example.com:8080", "https://dcos.example.com/service/marathon"],
        user: "lb",
        password: "x:y",
        credentialsFile: "",
        dcos: false,
        caFile: "",
      },
      { name: "second", urls, user: "", password: "", credentialsFile: "", dcos: true, caFile: "/etc/ca.pem" },
    ]);
    const env = { MESOS_DNS_LB_MARATHONS: JSON.stringify([{ name: "third", urls }]) };
    expect(configOf({ lb: { marathons: given } }, { env }).lb.marathons).toMatchObject([{ name: "third", urls }]);
  });

  test("has each fault in a Marathon told at its place, and none of its secrets", () => {
    const login = { user: "lb", password: "s3cret" };
    const marathons = [
      "http://192.0.2.10:8080",
      { urls: [] },
      { name: "a b", urls },
      { name: "a", urls: ["http://lb:s3cret@192.0.2.10:8080", "192.0.2.10:8080", "http://192.0.2.10:8080?x"] },
      { name: "b" },
      { name: "c", urls, password: "s3cret" },
      { name: "d", urls, ...login, credentialsFile: "/etc/login" },
      { name: "e", urls, ...login, dcos: true },
      { name: "f", urls, token: "s3cret" },
      { name: "g", urls },
      { name: "g", urls },
    ];
    expect(places({ marathons })).toEqual(
      [
        "[0]",
        "[1].urls",
        "[2].name",
        "[3].urls[0]",
        "[3].urls[1]",
        "[3].urls[2]",
        "[4]",
        "[5].user",
        "[6].credentialsFile",
        "[7].user",
        "[8].token",
        "[10]",
      ].map((at) => `lb.marathons${at}: got ${at === "[5].user" ? '""' : "[hidden]"}`),
    );
    expect(faultsOf({ lb: { marathons } }).join()).not.toContain("s3cret");
  });

  test("has every other fault told at its place", () => {
    const lb = {
      enabled: "yes",
      listen: "8127",
      source: "zookeeper",
      groups: ["a,b"],
      healthy: true,
      format: "nginx",
      vhosts: { map: 1, http: "192.0.2.1", https: true, appId: "name:80", certificates: [""] },
      ports: { min: -1 },
      haproxy: { binary: "", runDir: "run", reloadCommand: "reload", hardStopAfter: -1 },
      refreshSeconds: 0,
      reload: { coalesceMs: 60_001 },
      bamboo: { listen: "*:80", zookeeper: "zk://user:s3cret@192.0.2.1/path", path: "/a/", token: "short" },
      statsd: { host: "", prefix: "a:b" },
    };
    expect(places(lb)).toEqual([
      'lb.enabled: got "yes"',
      'lb.listen: got "8127"',
      'lb.source: got "zookeeper"',
      'lb.groups[0]: got "a,b"',
      "lb.healthy: got true",
      'lb.format: got "nginx"',
      "lb.vhosts.map: got 1",
      'lb.vhosts.http: got "192.0.2.1"',
      "lb.vhosts.https: got true",
      'lb.vhosts.appId: got "name:80"',
      'lb.vhosts.certificates[0]: got ""',
      "lb.ports.min: got -1",
      'lb.haproxy.binary: got ""',
      'lb.haproxy.runDir: got "run"',
      'lb.haproxy.reloadCommand: got "reload"',
      "lb.haproxy.hardStopAfter: got -1",
      "lb.refreshSeconds: got 0",
      "lb.reload.coalesceMs: got 60001",
      'lb.bamboo.listen: got "*:80"',
      'lb.bamboo.zookeeper: got "zk://user:[hidden]@192.0.2.1/path"',
      'lb.bamboo.path: got "/a/"',
      "lb.bamboo.token: got [hidden]",
      'lb.statsd.host: got ""',
      'lb.statsd.prefix: got "a:b"',
    ]);
  });

  test("takes an ensemble with a login and without a path, and a collector without a port", () => {
    const zookeeper = "zk://ops:s3cret@192.0.2.1:2181,zk2.example.com";
    const lb = { bamboo: { zookeeper, path: "/rules" }, statsd: { host: "stats.example.com" } };
    expect(lbOf(lb)).toMatchObject({
      bamboo: { zookeeper, path: "/rules" },
      statsd: { host: { host: "stats.example.com", port: 8125 } },
    });
  });

  test.each([
    [{ min: 0, max: 0 }, []],
    [{ min: 10_000, max: 10_000 }, []],
    [{ min: 0, max: 10_100 }, ["lb.ports.max: got 10100"]],
    [{ min: 10_200 }, ["lb.ports.max: got 10100"]],
    [{ max: 0 }, ["lb.ports.max: got 0"]],
  ])("has a range of service ports, or none: %j", (ports, expected) => {
    if (expected.length === 0) expect(lbOf({ ports }).ports).toMatchObject(ports);
    else expect(places({ ports })).toEqual(expected);
  });

  test("has no two frontends at one address", () => {
    const lb = { listen: "[::]:80", vhosts: { http: "192.0.2.1:80", https: "192.0.2.1:81", stats: "192.0.2.2:81" } };
    expect(faultsOf({ lb })).toEqual([
      'lb.vhosts.http: got "192.0.2.1:80"; allowed: an address and a port that lb.listen does not have',
    ]);
    expect(places({ vhosts: { https: "192.0.2.1:80" } })).toEqual(['lb.vhosts.https: got "192.0.2.1:80"']);
    expect(lbOf({ vhosts: { http: false, https: "192.0.2.1:80" } }).vhosts.http).toBe(false);
  });

  test("follows the masters themselves in its own format only", () => {
    expect(configOf({ lb: { source: "mesos" } }).lb.source).toBe("mesos");
    expect(faultsOf({ lb: { source: "mesos", format: "bridge" } })).toEqual([
      'lb.source: got "mesos"; allowed: "marathon", or lb.format "haproxy"',
    ]);
  });

  test("keeps Bamboo's rules in one place", () => {
    expect(places({ bamboo: { zookeeper: "zk://192.0.2.1", file: "/var/rules" } })).toEqual([
      'lb.bamboo.file: got "/var/rules"',
    ]);
  });

  test.each<[LbFormat, boolean, boolean]>([
    ["haproxy", false, true],
    ["marathon-lb", true, false],
    ["bridge", false, false],
    ["bamboo", false, false],
  ])("leaves templates and maps to the format: %s", (format, templates, maps) => {
    expect([allowsTemplates(lbOf({ format })), mapsHosts(lbOf({ format }))]).toEqual([templates, maps]);
    const said = lbOf({ format, allowTemplates: !templates, vhosts: { map: !maps } });
    expect([allowsTemplates(said), mapsHosts(said)]).toEqual([!templates, !maps]);
  });

  test("is nothing of the server's: neither shown nor a change", () => {
    const lb = {
      marathons: [{ urls, user: "lb", password: "s3cret" }],
      bamboo: { zookeeper: "zk://ops:s3cret@192.0.2.1", token: "s3cret-s3cret-s3cret" },
    };
    expect(JSON.stringify(describeConfig(configOf({ lb }), { file: "", soaSerial: 1 }))).not.toContain("s3cret");
    expect(changedKeys(configOf(), configOf({ lb }))).toEqual({ live: [], restart: [] });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { withBambooConfig } from "../../../src/cli/lb/bamboo-config.js";
import type { LbSettings } from "../../../src/config/lb.js";
import { loadConfig } from "../../../src/config/load.js";

const SETTINGS: LbSettings = loadConfig({
  env: {},
  readFile: () => "{}",
  systemResolvers: () => [],
  machineAddresses: () => [],
  needsMasters: false,
}).config.lb;

const WHOLE = {
  Marathon: { Endpoint: "http://m1.example.com:8080,http://m2.example.com:8080/", User: "ada", Password: "x" },
  bamboo: {
    ZOOKEEPER: {
      host: "zk1.example.com:2181,zk2.example.com:2181",
      Path: "/marathon-haproxy/state",
      ReportingDelay: 5,
    },
  },
  HAProxy: {
    TemplatePath: "/t.cfg",
    OutputPath: "/etc/haproxy/haproxy.cfg",
    ReloadCommand: "reload $(cat /pid)",
    ReloadValidationCommand: "check {{.}}",
    ReloadCleanupCommand: "exit 0",
  },
  StatsD: { Enabled: true, Host: "stats.example.com", Prefix: "bamboo." },
};

function read(content: unknown, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bamboo-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "production.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return withBambooConfig(file, env, SETTINGS);
}

test("Bamboo's configuration says all that it said, with its keys in any case", () => {
  const { settings, warnings } = read(WHOLE);
  expect(settings).toMatchObject({
    format: "bamboo",
    marathons: [{ urls: ["http://m1.example.com:8080", "http://m2.example.com:8080"], user: "ada", password: "x" }],
    bamboo: {
      zookeeper: "zk://zk1.example.com:2181,zk2.example.com:2181",
      path: "/marathon-haproxy/state",
      template: "/t.cfg",
    },
    haproxy: { configFile: "/etc/haproxy/haproxy.cfg", manage: false },
    statsd: { host: { host: "stats.example.com", port: 8_125 }, prefix: "bamboo." },
  });
  expect(settings.haproxy.reloadCommand.slice(0, 2)).toEqual(["/bin/sh", "-c"]);
  expect(settings.haproxy.reloadCommand[2]).toMatch(/reload \$\(cat \/pid\)[\s\S]*exit 0[\s\S]*exit \$status/u);
  expect(warnings).toEqual([
    "HAProxy.ReloadValidationCommand is not run: HAProxy checks each configuration",
    "Bamboo.Zookeeper.ReportingDelay has no effect: lb.reload says how long changes are gathered",
  ]);
});

test("its environment goes before its file", () => {
  const { settings } = read(WHOLE, {
    MARATHON_ENDPOINT: "http://x.example.com",
    BAMBOO_ZK_PATH: "/y",
    STATSD_ENABLED: "false",
  });
  expect(settings.marathons[0]?.urls).toEqual(["http://x.example.com"]);
  expect([settings.bamboo.path, settings.statsd.host]).toEqual(["/y", false]);
});

test.each([
  ["{", "has to be JSON"],
  [[], "has to be an object"],
  [{}, "has to name Marathon.Endpoint"],
  [{ ...WHOLE, StatsD: { Enabled: true, Host: "a b" } }, "has to have a host and a port in StatsD.Host"],
  [{ ...WHOLE, bamboo: { zookeeper: { host: "a b", path: "/x" } } }, "has to have hosts in Bamboo.Zookeeper.Host"],
])("%j: what is wrong is said", (content, fault) => {
  expect(() => read(content)).toThrow(fault);
});

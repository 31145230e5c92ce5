import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.js";
import { configOf, failure, faultsOf, warningsOf } from "./support.js";

test("a variable wins over the file", () => {
  const env = { MESOS_DNS_REFRESHSECONDS: "7", MESOS_DNS_DOMAIN: "dc1.example", MESOS_DNS_HTTPON: "False" };
  expect(configOf({ refreshSeconds: 9, domain: "mesos" }, { env })).toMatchObject({
    refreshSeconds: 7,
    domain: "dc1.example",
    httpon: false,
  });
});

test("a variable also hides a faulty value of the file", () => {
  expect(configOf({ port: "x" }, { env: { MESOS_DNS_PORT: "53" } }).port).toBe(53);
});

test("lists are separated by commas, and empty text is an empty list", () => {
  const env = { MESOS_DNS_MASTERS: "192.0.2.1:5050, 192.0.2.2", MESOS_DNS_IPSOURCES: "host", MESOS_DNS_RESOLVERS: "" };
  const config = configOf({ externalon: false }, { env });
  expect(config.masters.map(({ host }) => host)).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(config).toMatchObject({ IPSources: ["host"], resolvers: [] });
});

test("objects are JSON, their keys in any case", () => {
  const env = {
    MESOS_DNS_ZONERESOLVERS: '{"corp.example": ["192.0.2.53"]}',
    MESOS_DNS_MESOSCREDENTIALS: '{"Principal": "ops", "secret": "one"}',
    MESOS_DNS_MESOSAUTHENTICATION: "basic",
  };
  expect(configOf({}, { env })).toMatchObject({
    zoneResolvers: { "corp.example": [{ host: "192.0.2.53", port: 53 }] },
    mesosCredentials: { principal: "ops", secret: "one" },
  });
});

test("the variable of a key inside an object wins over the object's", () => {
  const env = {
    MESOS_DNS_MESOSCREDENTIALS_SECRET: "two",
    MESOS_DNS_MESOSCREDENTIALS: '{"secret": "one"}',
    MESOS_DNS_MESOSAUTHENTICATION: "basic",
  };
  const config = configOf({ mesosCredentials: { principal: "ops", secret: "file" } }, { env });
  expect(config.mesosCredentials).toEqual({ principal: "ops", secret: "two" });
});

test("faults name the variable, and never show a secret", () => {
  const env = {
    MESOS_DNS_PORT: "53abc",
    MESOS_DNS_TTL: "",
    MESOS_DNS_DNSON: "yes",
    MESOS_DNS_MASTERS: "192.0.2.1,x:0",
    MESOS_DNS_ZONERESOLVERS: "{",
    MESOS_DNS_MESOSCREDENTIALS: "ops:s3cret",
  };
  const faults = faultsOf({}, { env });
  expect([...faults].sort()).toEqual([
    'dnson (from MESOS_DNS_DNSON): got "yes"; allowed: true or false',
    expect.stringMatching(/^masters\[1\] \(from MESOS_DNS_MASTERS\): got "x:0"; allowed: a port that is a number/),
    "mesosCredentials (from MESOS_DNS_MESOSCREDENTIALS): got [hidden]; allowed: an object with principal and secret",
    'port (from MESOS_DNS_PORT): got "53abc"; allowed: an integer from 1 to 65535',
    'ttl (from MESOS_DNS_TTL): got ""; allowed: an integer from 0 to 2147483647',
    expect.stringMatching(/^zoneResolvers \(from MESOS_DNS_ZONERESOLVERS\): got "\{"; allowed: an object/),
  ]);
});

test("unknown variables with the prefix are named, and others are ignored", () => {
  const env = { MESOS_DNS_PROT: "1", MESOS_DNS_ttl: "1", MESOS_DNS_XYZZY: "1", MESOS_DNS_SOASERIAL: "1", PATH: "/bin" };
  expect([...warningsOf({}, { env })].sort()).toEqual([
    "MESOS_DNS_SOASERIAL is ignored: the serial follows the zone's content",
    "unknown variable MESOS_DNS_PROT is ignored; did you mean MESOS_DNS_PORT?",
    "unknown variable MESOS_DNS_XYZZY is ignored",
    "unknown variable MESOS_DNS_ttl is ignored; did you mean MESOS_DNS_TTL?",
  ]);
});

describe("variables that Kubernetes and Docker set for a service named mesos-dns", () => {
  const env = {
    MESOS_DNS_SERVICE_HOST: "10.96.0.53",
    MESOS_DNS_SERVICE_PORT: "53",
    MESOS_DNS_SERVICE_PORT_DNS_TCP: "53",
    MESOS_DNS_PORT: "tcp://10.96.0.53:53",
    MESOS_DNS_PORT_53_TCP: "tcp://10.96.0.53:53",
    MESOS_DNS_PORT_53_UDP_PROTO: "udp",
    MESOS_DNS_PORT_53_UDP_PORT: "53",
    MESOS_DNS_PORT_53_UDP_ADDR: "10.96.0.53",
    MESOS_DNS_HTTP_PORT: "tcp://10.96.0.54:8123",
    MESOS_DNS_HTTP_SERVICE_HOST: "10.96.0.54",
    MESOS_DNS_NAME: "/web/mesos-dns",
    MESOS_DNS_ENV_PATH: "/usr/bin",
  };

  test("have no effect, and are named in one warning", () => {
    const config = configOf({ port: 5353 }, { env });
    expect(config).toEqual(configOf({ port: 5353 }));
    const names = Object.keys(env).sort().join(", ");
    expect(warningsOf({ port: 5353 }, { env })).toEqual([
      `${names} ignored: Kubernetes or Docker set this for a service of this name`,
    ]);
  });

  test.each(["tcp://10.96.0.53:53", "udp://10.96.0.53:53", "TCP://[2001:db8::53]:53"])(
    "leave the file's value if a key's variable has the value %s",
    (value) => {
      const others = { MESOS_DNS_TTL: value, MESOS_DNS_MASTERS: value, MESOS_DNS_CACHE: value };
      expect(configOf({ ttl: 7 }, { env: others })).toEqual(configOf({ ttl: 7 }));
    },
  );

  test("are not taken for those of keys", () => {
    const own = { MESOS_DNS_PORT: "5353", MESOS_DNS_TCP_MAXCONNECTIONS: "7" };
    expect(configOf({}, { env: own })).toMatchObject({ port: 5353, tcp: { maxConnections: 7 } });
    expect(warningsOf({}, { env: { MESOS_DNS_SERVICE_PROT: "1" } })).toEqual([
      "unknown variable MESOS_DNS_SERVICE_PROT is ignored",
    ]);
  });
});

test("without a file only the environment configures", () => {
  const surroundings = {
    readFile: () => {
      throw new Error("no file is to be read");
    },
    systemResolvers: () => [],
    machineAddresses: () => [],
  };
  expect(loadConfig({ ...surroundings, env: { MESOS_DNS_MASTERS: "192.0.2.1" } }).config.masters).toHaveLength(1);
  expect(failure(() => loadConfig({ ...surroundings, env: {} })).message).toMatch(/^the configuration has 1 fault:/);
});

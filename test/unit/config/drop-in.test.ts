import { describe, expect, test } from "vitest";
import { loadWithNames } from "../../../src/config/load.js";
import { configOf, faultsOf, load, MASTERS, warningsOf } from "./support.js";

/** Values with which Mesos-DNS serves are accepted, with a warning if they mean something else here. */
describe("numbers that Mesos-DNS accepts", () => {
  test.each([
    ["timeout", 0, 5, "0 is taken as the default, 5"],
    ["timeout", -7, 5, "-7 is taken as the default, 5"],
    ["timeout", 31_536_000, 2_147_483, "31536000 is taken as 2147483, the largest there is"],
    ["refreshSeconds", 31_536_000, 2_147_483, "31536000 is taken as 2147483, the largest there is"],
    ["stateTimeoutSeconds", 2_147_484, 2_147_483, "2147484 is taken as 2147483, the largest there is"],
    ["zkDetectionTimeout", -1, 0, "-1 is taken as 0, for as long as it takes"],
    ["zkDetectionTimeout", 2_147_484, 2_147_483, "2147484 is taken as 2147483, the largest there is"],
    ["ttl", -1, 0, "-1 is taken as 0, as clients do"],
    ["ttl", -(2 ** 31), 0, "-2147483648 is taken as 0, as clients do"],
  ] as const)("%s %i is read as %i", (key, given, taken, remark) => {
    expect(configOf({ [key]: given })[key]).toBe(taken);
    expect(warningsOf({ [key]: given })).toContain(`${key}: ${remark}`);
  });

  test.each([
    ["refreshSeconds", 0, 1, 2_147_483],
    ["stateTimeoutSeconds", 0, 1, 2_147_483],
    ["ttl", 2 ** 31, 0, 2_147_483_647],
    ["ttl", -(2 ** 31) - 1, 0, 2_147_483_647],
    ["port", 65_536, 1, 65_535],
    ["httpport", -1, 1, 65_535],
    ["timeout", 0.5, 1, 2_147_483],
  ])("%s %d is refused", (key, given, min, max) => {
    expect(faultsOf({ [key]: given })).toEqual([`${key}: got ${given}; allowed: an integer from ${min} to ${max}`]);
  });

  test("a port of 0 turns its server off", () => {
    expect(configOf({ port: 0 })).toMatchObject({ dnson: false, httpon: true });
    expect(configOf({ httpport: 0 })).toMatchObject({ dnson: true, httpon: false });
    expect(warningsOf({ port: 0 })).toEqual([
      "port: 0 would be any free port, which nobody can find: no DNS is served",
    ]);
    expect(faultsOf({ port: 0, httpport: 0 })).toHaveLength(1);
  });
});

describe("keys that are not used", () => {
  test.each([
    ["externalon", { resolvers: ["ns.example"], zoneResolvers: { "a..b": ["x"] } }, 3],
    ["externalon", { resolvers: ["192.0.2.53", "192.0.2.53"], timeout: "5s" }, 2],
    ["dnson", { listener: "0.0.0.0:53", port: 99_999 }, 2],
    ["httpon", { httplistener: "*", httpport: -1 }, 2],
  ])("without %s may have any value: %j", (key, values, faults) => {
    expect(faultsOf({ [key]: true, ...values })).toHaveLength(faults);
    const warnings = warningsOf({ [key]: false, ...values });
    expect(warnings).toHaveLength(faults);
    for (const warning of warnings) expect(warning).toMatch(new RegExp(`\\. It is not used, as ${key} is false$`));
  });

  test("without externalon may name zones of this server", () => {
    const keys = { externalon: false, zoneResolvers: { mesos: ["192.0.2.53"], "corp.example": ["192.0.2.53"] } };
    expect(Object.keys(configOf(keys).zoneResolvers)).toEqual(["corp.example"]);
    expect(warningsOf(keys)).toEqual(["zoneResolvers.mesos is not used: this server answers for mesos"]);
  });
});

test("basic authentication is accepted without a secret or without a principal, with a warning", () => {
  const keys = { mesosAuthentication: "basic", mesosCredentials: { principal: "ops" } };
  expect(warningsOf(keys)).toEqual(["mesosCredentials.secret is empty, though mesosAuthentication is basic"]);
});

describe("listeners that are not addresses", () => {
  const loadFound = (keys: object, addresses: readonly string[] = ["127.0.0.1", "::1"]) =>
    loadWithNames(
      {
        file: "config.json",
        env: {},
        readFile: () => JSON.stringify({ ...MASTERS, ...keys }),
        systemResolvers: () => [],
        machineAddresses: () => addresses,
      },
      async (name) => ({ localhost: "127.0.0.1", "dns_1.example": "192.0.2.53" })[name],
    );

  test("are looked up", async () => {
    const keys = { listener: ["LocalHost", "127.0.0.1"], httplistener: "dns_1.example", externalon: false };
    const { config, warnings } = await loadFound(keys);
    expect(config).toMatchObject({ listener: ["127.0.0.1"], httplistener: "192.0.2.53" });
    expect(warnings).toEqual([]);
  });

  test("but empty mean all addresses of the machine's families", async () => {
    const empty = { listener: "", httplistener: "" };
    expect((await loadFound(empty)).config).toMatchObject({ listener: ["::"], httplistener: "::" });
    expect((await loadFound(empty, ["127.0.0.1"])).config).toMatchObject({ listener: ["0.0.0.0"] });
  });

  test("and do not resolve are faults, if they are used", async () => {
    const unknown = { listener: "nowhere.example", httplistener: "nowhere.example" };
    await expect(loadFound(unknown)).rejects.toThrow(
      /2 faults:\n {2}listener: got "nowhere.example"; allowed: an address, or a host name that this machine has an address for\n {2}httplistener: /,
    );
    await expect(loadFound({ ...unknown, httpon: false })).rejects.toThrow(/1 fault:/);
  });

  test("are recognised as resolvers that are this server itself", async () => {
    const { warnings } = await loadFound({ listener: "localhost", resolvers: ["127.0.0.1"] });
    expect(warnings[0]).toBe("resolvers: 127.0.0.1:53 is left out, as this server listens there itself");
  });

  test("stay names if no sockets are opened", () => {
    expect(load({ ...MASTERS, listener: "dns.example" }).config.listener).toEqual(["dns.example"]);
  });
});

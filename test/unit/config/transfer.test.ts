import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeConfig } from "../../../src/config/describe.js";
import { InvalidConfig } from "../../../src/config/load.js";
import { transferAdvice } from "../../../src/config/transfer-rules.js";
import { configOf, faultsOf, warningsOf } from "./support.js";

const SECRET = Buffer.alloc(32, 7).toString("base64");
const KEY = { name: "NS2.example.", algorithm: "HMAC-SHA256", secret: SECRET };

describe("allowTransfer", () => {
  test("names networks, keys, or both at once", () => {
    const allowTransfer = [
      "10.0.0.0/8",
      "192.0.2.7",
      "key:NS2.Example",
      { network: "2001:DB8::/32", key: "ns2.example" },
      { KEY: "ns2.example", network: "192.0.2.8" },
    ];
    expect(configOf({ allowTransfer, tsigKeys: [KEY] }).allowTransfer).toEqual([
      { network: "10.0.0.0/8" },
      { network: "192.0.2.7/32" },
      { key: "ns2.example" },
      { network: "2001:db8::/32", key: "ns2.example" },
      { network: "192.0.2.8/32", key: "ns2.example" },
    ]);
  });

  test("is given by the environment with commas, or as JSON", () => {
    const from = (text: string) => configOf({}, { env: { MESOS_DNS_ALLOWTRANSFER: text } }).allowTransfer;
    expect(from("10.0.0.0/8, 192.0.2.7")).toEqual([{ network: "10.0.0.0/8" }, { network: "192.0.2.7/32" }]);
    expect(from('[{"network": "10.0.0.0/8"}]')).toEqual([{ network: "10.0.0.0/8" }]);
    expect(from("")).toEqual([]);
  });

  test("has every fault reported at its place", () => {
    const allowTransfer = [
      "10.0.0.1/8",
      "key:",
      {},
      { network: "all" },
      { network: "10.0.0.0/8", kye: "a" },
      7,
      "::/0",
      "::/0",
    ];
    const entry = 'a network such as 192.0.2.0/24, a key such as "key:ns1.example", or {"network": …, "key": …}';
    expect(faultsOf({ allowTransfer })).toEqual([
      `allowTransfer[0]: got "10.0.0.1/8"; allowed: ${entry}`,
      `allowTransfer[1]: got "key:"; allowed: ${entry}`,
      "allowTransfer[2]: got {}; allowed: network, key or both",
      'allowTransfer[3].network: got "all"; allowed: a network such as 192.0.2.0/24 or 2001:db8::/32',
      'allowTransfer[4].kye: got "a"; allowed: network, key, and no other name',
      `allowTransfer[5]: got 7; allowed: ${entry}`,
      'allowTransfer[7]: got "::/0"; allowed: each rule once',
    ]);
    expect(faultsOf({ allowTransfer: "10.0.0.0/8" })[0]).toMatch(
      /^allowTransfer: got "10.0.0.0\/8"; allowed: a list of /,
    );
  });
});

describe("notify", () => {
  test("names addresses, with a port or without, or says more", () => {
    const notify = [
      "10.0.0.5",
      "10.0.0.5:5353",
      "[2001:DB8::1]:53",
      "2001:db8::2",
      { address: "10.0.0.6", zones: ["MESOS."] },
    ];
    expect(configOf({ notify }).notify).toEqual([
      { address: "10.0.0.5", port: 53, minIntervalMs: 100 },
      { address: "10.0.0.5", port: 5353, minIntervalMs: 100 },
      { address: "2001:db8::1", port: 53, minIntervalMs: 100 },
      { address: "2001:db8::2", port: 53, minIntervalMs: 100 },
      { address: "10.0.0.6", port: 53, minIntervalMs: 100, zones: ["mesos"] },
    ]);
    const whole = { address: "10.0.0.7", port: 5300, key: "ns2.example", zones: ["mesos"], minIntervalMs: 0 };
    expect(configOf({ notify: [whole], tsigKeys: [KEY] }).notify).toEqual([whole]);
    expect(configOf({}, { env: { MESOS_DNS_NOTIFY: "[2001:db8::1]:53,10.0.0.5" } }).notify).toHaveLength(2);
  });

  test("has every fault reported at its place", () => {
    const notify = ["ns2.example", { port: 53 }, { address: "10.0.0.5", port: 0 }, "10.0.0.5", { address: "10.0.0.5" }];
    const entry = 'an IP address, ip:port or [ipv6]:port, or {"address": …}; there is nobody to ask for a name';
    expect(faultsOf({ notify })).toEqual([
      `notify[0]: got "ns2.example"; allowed: ${entry}`,
      'notify[1]: got {"port":53}; allowed: an address',
      "notify[2].port: got 0; allowed: an integer from 1 to 65535",
      'notify[4]: got {"address":"10.0.0.5"}; allowed: each address and port once',
    ]);
  });

  test("names zones that this server has", () => {
    const notify = [{ address: "10.0.0.5", zones: ["mesos", "other.example", "10.in-addr.arpa", "catalog.mesos"] }];
    const more = { reverseZones: ["10.0.0.0/8"], catalogZone: "catalog.mesos" };
    expect(faultsOf({ notify, ...more })).toEqual([
      'notify[0].zones: got "other.example"; allowed: zones of this server: mesos, 10.in-addr.arpa, catalog.mesos',
    ]);
  });

  test("leaves from an address, if one is given", () => {
    expect(configOf({ notifySource: "2001:DB8::1" }).notifySource).toBe("2001:db8::1");
    expect(faultsOf({ notifySource: "ns1" })).toEqual([
      'notifySource: got "ns1"; allowed: an IPv4 or IPv6 address, or an empty string for none',
    ]);
  });
});

describe("tsigKeys", () => {
  test("have a name, an algorithm, hmac-sha256 unless given, and a secret or a file of it", () => {
    const tsigKeys = [KEY, { name: "b", secretFile: "/etc/mesos-dns/b.key" }];
    expect(configOf({ tsigKeys }).tsigKeys).toEqual([
      { name: "ns2.example", algorithm: "hmac-sha256", secret: SECRET },
      { name: "b", algorithm: "hmac-sha256", secretFile: "/etc/mesos-dns/b.key" },
    ]);
    expect(warningsOf({ tsigKeys })).toEqual([]);
  });

  test("have every fault reported at its place, and no secret in it", () => {
    const algorithms = '"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"';
    const tsigKeys = [
      { name: "a", secret: "not Base64!" },
      { name: "a b", secret: SECRET },
      { name: "c", algorithm: "hmac-md5", secret: SECRET },
      { name: "d" },
      { name: "e", secret: SECRET, secretFile: "e.key" },
      { secret: SECRET },
      `hmac-sha256:f:${SECRET}`,
      KEY,
      KEY,
    ];
    const faults = faultsOf({ tsigKeys });
    expect(faults).toEqual([
      "tsigKeys[0].secret: got [hidden]; allowed: Base64, as tsig-keygen prints it",
      "tsigKeys[1].name: got [hidden]; allowed: the name of a key",
      `tsigKeys[2].algorithm: got [hidden]; allowed: one of ${algorithms}`,
      "tsigKeys[3]: got [hidden]; allowed: either secret or secretFile for d",
      "tsigKeys[4]: got [hidden]; allowed: either secret or secretFile for e",
      "tsigKeys[5]: got [hidden]; allowed: a name",
      'tsigKeys[6]: got [hidden]; allowed: {"name": …, "algorithm": "hmac-sha256", "secret": …}',
      "tsigKeys[8]: got [hidden]; allowed: each name once",
    ]);
    expect(faults.join()).not.toContain(SECRET);
  });

  test("that are weak get a warning, which does not repeat the secret", () => {
    const short = Buffer.alloc(15, 1).toString("base64");
    const tsigKeys = [
      { name: "a", secret: short },
      { name: "b", algorithm: "hmac-sha1", secret: SECRET },
    ];
    expect(warningsOf({ tsigKeys })).toEqual([
      "tsigKeys[0]: a has a secret of 15 octets: 16 are the least for hmac-sha256, make one with tsig-keygen",
      "tsigKeys[1]: b has hmac-sha1: take hmac-sha256 where the secondary can do it",
    ]);
  });

  test("are masked where the configuration is shown", () => {
    const described = describeConfig(configOf({ tsigKeys: [KEY] }), { file: "", soaSerial: 1 });
    expect(described.TsigKeys).toEqual([{ name: "ns2.example", algorithm: "hmac-sha256", secret: "[hidden]" }]);
    expect(JSON.stringify(described)).not.toContain(SECRET);
  });

  test("that are named elsewhere have to be there, unless a file may have them", () => {
    const uses = { allowTransfer: ["10.0.0.0/8", "key:other"], notify: [{ address: "10.0.0.5", key: "third" }] };
    expect(faultsOf({ ...uses, tsigKeys: [KEY] })).toEqual([
      'allowTransfer[1]: got "other"; allowed: ns2.example',
      'notify[0]: got "third"; allowed: ns2.example',
    ]);
    expect(faultsOf({ allowTransfer: ["key:other"] })).toEqual([
      'allowTransfer[0]: got "other"; allowed: the name of a key in tsigKeys or tsigKeyFile: there is none',
    ]);
    expect(configOf({ ...uses, tsigKeyFile: "/etc/mesos-dns/keys" }).allowTransfer).toHaveLength(2);
  });
});

test.each([
  ["maxTransfers", 1, 1000],
  ["maxTransfersPerClient", 1, 1000],
  ["ixfrJournalBytes", 0, 4_294_967_295],
] as const)("%s is an integer from %i to %i", (key, min, max) => {
  expect(configOf({ [key]: min })[key]).toBe(min);
  expect(configOf({ [key]: max })[key]).toBe(max);
  expect(faultsOf({ [key]: min - 1 })).toEqual([`${key}: got ${min - 1}; allowed: an integer from ${min} to ${max}`]);
  expect(faultsOf({ [key]: max + 1 })).toHaveLength(1);
});

test("transferClientCAFile is of no use without a certificate", () => {
  expect(warningsOf({ transferClientCAFile: "ca.pem" })).toContain(
    "transferClientCAFile is not used without tlsCertFile",
  );
});

test("a retry that is longer than the refresh gets advice where there are secondaries, and only there", () => {
  const adviceOf = (keys: object) => transferAdvice(configOf(keys));
  expect(adviceOf({})).toEqual([]);
  expect(adviceOf({ notify: ["10.0.0.5"] })).toEqual([
    expect.stringContaining("SOARetry is 600, longer than SOARefresh"),
  ]);
  expect(adviceOf({ allowTransfer: ["10.0.0.5"] })).toHaveLength(1);
  expect(adviceOf({ notify: ["10.0.0.5"], SOARetry: 10 })).toEqual([]);
});

test.each(["allowTransfer", "notify", "tsigKeys", "nameServers", "reverseZones", "catalogZone", "notifySource"])(
  "%s takes any JSON, or says what is wrong with it",
  (key) => {
    const names = fc.constantFrom(
      "network",
      "key",
      "address",
      "port",
      "zones",
      "name",
      "algorithm",
      "secret",
      "addresses",
    );
    const entry = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(entry)), (value) => {
        try {
          configOf({ [key]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidConfig);
        }
      }),
      { numRuns: 100 },
    );
  },
);

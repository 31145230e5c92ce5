import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { assignAddresses, hashForIPv4, hashForIPv6 } from "../../../src/vips/addresses.js";
import { vipName } from "../../../src/vips/name.js";
import { phash2 } from "../../../src/vips/phash2.js";

const SHARED = new URL("../../../../shared/vips/", import.meta.url);
const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, SHARED), "utf8")) as T;

interface Vector {
  readonly label: string;
  readonly framework: string;
  readonly name: string;
  readonly hash: number;
  readonly ipv4: string;
  readonly ipv6: string;
}

interface Collision {
  readonly set: string;
  readonly min: string;
  readonly max: string;
  readonly vips: readonly { readonly label: string; readonly framework: string; readonly ipv4: string }[];
}

const ZONE = "l4lb.thisdcos.directory";
const numberOf = (address: string) =>
  ipaddr
    .parse(address)
    .toByteArray()
    .reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
const short = (address: string) => ipaddr.parse(address).toString();
const textOf = (number: bigint, octets: number) =>
  ipaddr
    .fromByteArray(Array.from({ length: octets }, (_, i) => Number((number >> BigInt(8 * (octets - 1 - i))) & 255n)))
    .toString();
const NOBODY: ReadonlyMap<bigint, string> = new Map();

const { vectors } = read<{ readonly vectors: readonly Vector[] }>("vectors.json");
const IPV4 = { first: numberOf("11.0.0.0"), last: numberOf("11.255.255.254") };
const IPV6 = { first: numberOf("fd01:c::"), last: numberOf("fd01:c::ffff:ffff:ffff:ffff") };

describe("a virtual address of DC/OS", () => {
  test("has the name that DC/OS makes of label and framework", () => {
    for (const { label, framework, name } of vectors) expect(vipName(label, framework, ZONE), label).toBe(name);
    expect(vectors.length).toBe(430);
  });

  test("has the hash and the addresses that DC/OS makes of the name", () => {
    for (const { name, hash, ipv4, ipv6 } of vectors) {
      expect(phash2(Buffer.from(name)), name).toBe(hash);
      const v4 = assignAddresses([name], IPV4, hashForIPv4, NOBODY).addresses.get(name) ?? 0n;
      const v6 = assignAddresses([name], IPV6, hashForIPv6, NOBODY).addresses.get(name) ?? 0n;
      expect([textOf(v4, 4), textOf(v6, 16)], name).toEqual([ipv4, short(ipv6)]);
    }
  });

  test.each(read<readonly Collision[]>("collisions.json"))("gives way to one before it: $set", ({ min, max, vips }) => {
    const names = vips.map(({ label, framework }) => vipName(label, framework, ZONE) ?? "");
    const range = { first: numberOf(min), last: numberOf(max) };
    for (const order of [names, names.toReversed()]) {
      const { addresses, without } = assignAddresses(order, range, hashForIPv4, NOBODY);
      expect(names.map((name) => textOf(addresses.get(name) ?? 0n, 4))).toEqual(vips.map(({ ipv4 }) => ipv4));
      expect(without).toEqual([]);
    }
  });
});

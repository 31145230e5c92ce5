import { describe, expect, test } from "vitest";
import type { Client } from "../../../src/answer/request.js";
import { ClientTable, MAX_CLIENTS } from "../../../src/serving/clients.js";
import { SECRET } from "../../support/service.js";

const EVERYBODY = { allowQuery: ["0.0.0.0/0", "::/0"], allowRecursion: ["10.0.0.0/8"] };

/** An address as the kernel writes it, behind a word of something else. */
const wordsOf = (...octets: number[]) => new Uint32Array(Uint8Array.from([9, 9, 9, 9, ...octets]).buffer);

/** Address `i` of 2001:db8::/64. */
const ipv6 = (i: number) => wordsOf(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, i >>> 24, i >>> 16, i >>> 8, i, 0, 1);

/** How many of these addresses lead to the clients that they led to before. */
function remembered(table: ClientTable, addresses: readonly Uint32Array[], clients: readonly Client[]): number {
  // Backwards: to look for one that is forgotten displaces another.
  let count = 0;
  for (let i = addresses.length - 1; i >= 0; i--) if (table.at(addresses[i], 1, 4) === clients[i]) count++;
  return count;
}

describe("clients", () => {
  test("may what their network may, and it follows the configuration", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    expect(table.of("10.0.0.1")).toMatchObject({ mayQuery: true, mayRecurse: true });
    expect(table.of("192.0.2.1")).toMatchObject({ mayQuery: true, mayRecurse: false });
    table.configure({ allowQuery: ["192.0.2.0/24"], allowRecursion: ["192.0.2.0/24"] });
    expect(table.of("192.0.2.1")).toMatchObject({ mayQuery: true, mayRecurse: true });
    expect(table.of("10.0.0.1")).toMatchObject({ mayQuery: false, mayRecurse: false });
    expect(table.at(wordsOf(10, 0, 0, 1), 1, 1)).toMatchObject({ mayQuery: false, mayRecurse: false });
  });

  test("on a dual-stack socket are the IPv4 clients they are, and link-local ones lose their zone", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    expect([...table.of("::ffff:192.0.2.1").octets]).toEqual([192, 0, 2, 1]);
    expect(table.of("fe80::1%eth0").octets).toHaveLength(16);
    const mapped = wordsOf(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7);
    expect([...table.at(mapped, 1, 4).octets]).toEqual([192, 0, 2, 7]);
  });

  test("are the same by the octets of their address as by its text", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    expect(table.at(wordsOf(192, 0, 2, 7), 1, 1)).toBe(table.of("192.0.2.7"));
    expect(table.at(ipv6(0), 1, 4)).toBe(table.of("2001:db8::1"));
    expect(table.withAddress(Uint8Array.of(192, 0, 2, 7))).toBe(table.of("192.0.2.7"));
  });

  test("with an address of four octets and with one of sixteen that begins alike are two", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    const short = table.at(wordsOf(0x20, 1, 0xd, 0xb8), 1, 1);
    const long = table.at(wordsOf(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, 4);
    expect(short.octets).toHaveLength(4);
    expect(long.octets).toHaveLength(16);
  });

  test("are remembered up to a number, however many ask, and whatever their addresses have in common", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    const flood = Array.from({ length: 3 * MAX_CLIENTS }, (_, i) => ipv6(i));
    const clients = flood.map((words) => table.at(words, 1, 4));
    const count = remembered(table, flood, clients);
    expect(count).toBeLessThanOrEqual(MAX_CLIENTS);
    expect(count).toBeGreaterThan(MAX_CLIENTS / 2);
  });

  test("that are as many as a large cluster has nodes are nearly all remembered", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    const nodes = Array.from({ length: 5000 }, (_, i) => ipv6(i));
    const clients = nodes.map((words) => table.at(words, 1, 4));
    expect(remembered(table, nodes, clients)).toBeGreaterThan(4900);
  });

  test("have their place by a secret: those that displace one another do not under another secret", () => {
    /** Addresses that displaced the victim, each tried alone beside three that did. */
    const displacers = (secret: Uint32Array) => {
      const table = new ClientTable(EVERYBODY, secret);
      const victim = ipv6(0xffffffff);
      const found = new Set<number>();
      let before = table.at(victim, 1, 4);
      for (let i = 0; i < 100_000; i++) {
        table.at(ipv6(i), 1, 4);
        const now = table.at(victim, 1, 4);
        if (now !== before) found.add(i);
        before = now;
      }
      return found;
    };
    const one = displacers(SECRET);
    const other = displacers(SECRET.map((word, i) => Math.imul(word, 0x5bd1e995) ^ i));
    expect(one.size).toBeGreaterThan(0);
    expect([...one].filter((i) => other.has(i)).length).toBeLessThanOrEqual(1);
  });

  test("that may not ask are not remembered, and displace nobody", () => {
    const table = new ClientTable({ allowQuery: ["192.0.2.0/24"], allowRecursion: [] }, SECRET);
    const known = Array.from({ length: 200 }, (_, i) => wordsOf(192, 0, 2, i));
    const clients = known.map((words) => table.at(words, 1, 1));
    for (let i = 0; i < 3 * MAX_CLIENTS; i++) {
      const client = table.at(ipv6(i), 1, 4);
      if (client.mayQuery || client.octets[13] !== (i & 0xff)) throw new Error(`client ${i} is another one`);
    }
    expect(known.map((words) => table.at(words, 1, 1))).toEqual(clients);
    expect(known.every((words, i) => table.at(words, 1, 1) === clients[i])).toBe(true);
  });

  test("that may not ask keep their addresses while they are connected", () => {
    const table = new ClientTable({ allowQuery: [], allowRecursion: [] }, SECRET);
    const first = table.of("192.0.2.1");
    table.of("192.0.2.2");
    expect([...first.octets]).toEqual([192, 0, 2, 1]);
  });
});

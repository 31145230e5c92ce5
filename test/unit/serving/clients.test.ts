import { describe, expect, test } from "vitest";
import type { Client } from "../../../src/answer/request.js";
import { ClientTable, MAX_CLIENTS } from "../../../src/serving/clients.js";
import { SECRET } from "../../support/service.js";

const EVERYBODY = { allowQuery: ["0.0.0.0/0", "::/0"], allowRecursion: ["10.0.0.0/8"] };

/** An address in network byte order, behind another word. */
const wordsOf = (...octets: number[]) => new Uint32Array(Uint8Array.from([9, 9, 9, 9, ...octets]).buffer);

/** Address `i` of 2001:db8::/64. */
const ipv6 = (i: number) => wordsOf(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, i >>> 24, i >>> 16, i >>> 8, i, 0, 1);

/** How many of these addresses lead to the same client objects as before. */
function stillCached(table: ClientTable, addresses: readonly Uint32Array[], clients: readonly Client[]): number {
  // Backwards, as looking up an address that is not cached evicts another.
  let count = 0;
  for (let i = addresses.length - 1; i >= 0; i--) if (table.at(addresses[i], 1, 4) === clients[i]) count++;
  return count;
}

describe("clients", () => {
  test("have the permissions of their networks, also after a new configuration", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    expect(table.of("10.0.0.1")).toMatchObject({ mayQuery: true, mayRecurse: true });
    expect(table.of("192.0.2.1")).toMatchObject({ mayQuery: true, mayRecurse: false });
    table.configure({ allowQuery: ["192.0.2.0/24"], allowRecursion: ["192.0.2.0/24"] });
    expect(table.of("192.0.2.1")).toMatchObject({ mayQuery: true, mayRecurse: true });
    expect(table.of("10.0.0.1")).toMatchObject({ mayQuery: false, mayRecurse: false });
    expect(table.at(wordsOf(10, 0, 0, 1), 1, 1)).toMatchObject({ mayQuery: false, mayRecurse: false });
  });

  test("over IPv4 on a dual-stack socket are IPv4 clients, and the zone index of link-local ones is ignored", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    expect([...table.of("::ffff:192.0.2.1").octets]).toEqual([192, 0, 2, 1]);
    expect(table.of("fe80::1%eth0").octets).toHaveLength(16);
    const mapped = wordsOf(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7);
    expect([...table.at(mapped, 1, 4).octets]).toEqual([192, 0, 2, 7]);
  });

  test("are the same whether looked up by the octets or by the text of their address", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    expect(table.at(wordsOf(192, 0, 2, 7), 1, 1)).toBe(table.of("192.0.2.7"));
    expect(table.at(ipv6(0), 1, 4)).toBe(table.of("2001:db8::1"));
    expect(table.withAddress(Uint8Array.of(192, 0, 2, 7))).toBe(table.of("192.0.2.7"));
  });

  test("with addresses of four octets and of sixteen that begin alike are different", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    const short = table.at(wordsOf(0x20, 1, 0xd, 0xb8), 1, 1);
    const long = table.at(wordsOf(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, 4);
    expect(short.octets).toHaveLength(4);
    expect(long.octets).toHaveLength(16);
  });

  test("are cached up to a limit, however many there are and whatever their addresses have in common", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    const flood = Array.from({ length: 3 * MAX_CLIENTS }, (_, i) => ipv6(i));
    const clients = flood.map((words) => table.at(words, 1, 4));
    const count = stillCached(table, flood, clients);
    expect(count).toBeLessThanOrEqual(MAX_CLIENTS);
    expect(count).toBeGreaterThan(MAX_CLIENTS / 2);
  });

  test("are nearly all cached if there are as many as nodes of a large cluster", () => {
    const table = new ClientTable(EVERYBODY, SECRET);
    const nodes = Array.from({ length: 5000 }, (_, i) => ipv6(i));
    const clients = nodes.map((words) => table.at(words, 1, 4));
    expect(stillCached(table, nodes, clients)).toBeGreaterThan(4900);
  });

  test("that evict each other do not do so with another secret", () => {
    /** The addresses that evicted the victim. */
    const evictors = (secret: Uint32Array) => {
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
    const one = evictors(SECRET);
    const other = evictors(SECRET.map((word, i) => Math.imul(word, 0x5bd1e995) ^ i));
    expect(one.size).toBeGreaterThan(0);
    expect([...one].filter((i) => other.has(i)).length).toBeLessThanOrEqual(1);
  });

  test("that may not query are not cached, and evict nobody", () => {
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

  test("that may not query keep their addresses while they are connected", () => {
    const table = new ClientTable({ allowQuery: [], allowRecursion: [] }, SECRET);
    const first = table.of("192.0.2.1");
    table.of("192.0.2.2");
    expect([...first.octets]).toEqual([192, 0, 2, 1]);
  });
});

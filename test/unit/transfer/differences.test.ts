import fc from "fast-check";
import { expect, test } from "vitest";
import { differencesOf } from "../../../src/transfer/differences.js";
import { recordsIn } from "../../../src/transfer/journal.js";
import { recordsOf, type StoredSet } from "../../../src/zone/dump.js";
import type { Snapshot } from "../../../src/zone/snapshot.js";
import { WireRecord } from "../../../src/zone/wire-records.js";
import { ChangingZone, emptySnapshot } from "../../support/transfers.js";

const LIMIT = 1_000_000;
const text = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");

const NAMES = ["a", "b", "c.d", "d", "_x._tcp.a"];
const line = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), fc.nat(20)).map(([name, last]) => `${name}.mesos A 192.0.2.${last}`),
  fc.tuple(fc.constantFrom(...NAMES), fc.nat(9)).map(([name, last]) => `${name}.mesos AAAA 2001:db8::${last}`),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES), fc.nat(9))
    .map(([name, target, port]) => `${name}.mesos SRV ${target}.mesos ${80 + port}`),
);
const zone = fc.uniqueArray(line, { maxLength: 30 });

/** The records of a snapshot, read by what serves HTTP. */
function contentOf(snapshot: Snapshot): string[] {
  return [...recordsOf(snapshot)].flatMap((set: StoredSet) =>
    Array.from({ length: set.size }, (_, i) => {
      const value = set.type === 33 ? JSON.stringify(set.service(i)) : set.type === 2 ? set.target(i) : set.address(i);
      return `${set.name} ${set.type} ${value}`;
    }),
  );
}

test("a difference has exactly the records that two versions do not share", () => {
  fc.assert(
    fc.property(zone, zone, (one, other) => {
      const changing = new ChangingZone();
      const before = emptySnapshot().with(changing.next(one, 1));
      const update = changing.next(other, 2);
      const after = before.with(update);
      const found = differencesOf(before, update, LIMIT).get(0);
      const [old, young] = [new Set(contentOf(before)), new Set(contentOf(after))];
      expect(found?.counts ?? { deleted: 0, added: 0 }).toEqual({
        deleted: [...old].filter((each) => !young.has(each)).length,
        added: [...young].filter((each) => !old.has(each)).length,
      });
      // Nothing is deleted and added again, and nothing stands twice.
      const all = found ? [...recordsIn(found.deleted), ...recordsIn(found.added)].map(text) : [];
      expect(new Set(all).size).toBe(all.length);
    }),
  );
});

test("a difference above the limit is unknown, and that of an unchanged zone is absent", () => {
  const changing = new ChangingZone();
  const many = Array.from({ length: 500 }, (_, i) => `n${i}.mesos A 192.0.2.1`);
  const before = emptySnapshot().with(changing.next(["a.mesos A 192.0.2.1"], 1));
  const update = changing.next(many, 2);
  expect([...differencesOf(before, update, 1_000)]).toEqual([[0, undefined]]);
  const same = changing.next(many, 3);
  expect([...differencesOf(before.with(update), same, LIMIT)]).toEqual([]);
});

test("records are read in wire form with owner, type, class, TTL and data", () => {
  const changing = new ChangingZone();
  const before = emptySnapshot().with(changing.next([], 1));
  const update = changing.next(["w.mesos A 192.0.2.7", "_w._tcp.mesos SRV w.mesos 80"], 2);
  const added = differencesOf(before, update, LIMIT).get(0)?.added ?? new Uint8Array();
  const w = "0177056d65736f7300";
  expect([...recordsIn(added)].map((each) => Buffer.from(each).toString("hex")).sort()).toEqual([
    `${w}000100010000003c0004c0000207`,
    `025f77045f746370056d65736f730000210001${"0000003c"}000f000000010050${w}`,
  ]);
  expect(new WireRecord().octets.length).toBeGreaterThanOrEqual(2 * 255 + 16);
});

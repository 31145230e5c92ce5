import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/base/addresses.js";
import { encodeName, hashName, nameWords } from "../../../src/wire/names.js";
import { compileZones } from "../../../src/zone/compile.js";
import type { Snapshot } from "../../../src/zone/snapshot.js";
import { addRecords, compileLines, recordSet, SEED, snapshotOf, zoneContent } from "../../support/zone.js";

const LINES = [
  "web.marathon.mesos A 192.0.2.2",
  "web.marathon.mesos A 192.0.2.1",
  "web.marathon.mesos AAAA 2001:db8::1",
  "_web._tcp.marathon.mesos SRV web.marathon.mesos 31001",
  "_web._tcp.marathon.mesos SRV api.marathon.mesos 31000",
  "_web._tcp.marathon.mesos SRV web.marathon.mesos 31000",
];

function exists(snapshot: Snapshot, name: string): boolean {
  const wire = encodeName(name);
  return snapshot.find(nameWords(wire), 0, wire.length, hashOf(name)) !== 0;
}

function hashOf(name: string): number {
  const wire = encodeName(name);
  return hashName(wire, 0, wire.length, SEED);
}

/** Two names with the same hash. Among this many names there is such a pair. */
function namesOfOneHash(): string[] {
  const known = new Map<number, string>();
  for (let i = 0; i < 1_000_000; i++) {
    const name = `${(Math.imul(i, 0x9e3779b1) >>> 0).toString(36)}.${i.toString(7)}.mesos`;
    const twin = known.get(hashOf(name));
    if (twin) return [twin, name];
    known.set(hashOf(name), name);
  }
  throw new Error("no two names have the same hash");
}

function octets(shards: readonly SharedArrayBuffer[]): string[] {
  return shards.map((shard) => Buffer.from(shard).toString("hex"));
}

describe("a compiled zone", () => {
  test("is the same octet for octet, in whatever order its records are added", () => {
    expect(octets(compileLines([...LINES].reverse()).shards)).toEqual(octets(compileLines(LINES).shards));
  });

  test("is the same even if names have the same hash, and finds each of them", () => {
    const twins = namesOfOneHash();
    const lines = twins.map((name, i) => `${name} A 192.0.2.${i}`);
    expect(octets(compileLines([...lines].reverse()).shards)).toEqual(octets(compileLines(lines).shards));
    for (const name of twins) expect(exists(snapshotOf(lines), name), name).toBe(true);
  });

  test("has a record once, however often it was emitted", () => {
    const once = compileLines(LINES);
    const twice = compileLines([...LINES, ...LINES]);
    expect(octets(twice.shards)).toEqual(octets(once.shards));
    expect(twice.records).toBe(once.records);
  });

  test("counts records, and names with records, including the apex NS", () => {
    expect(compileLines(LINES)).toMatchObject({ names: 3, records: 7 });
  });

  test("finds every name and every empty non-terminal, and nothing else", () => {
    const snapshot = snapshotOf(LINES);
    for (const name of [
      "mesos",
      "marathon.mesos",
      "web.marathon.mesos",
      "_tcp.marathon.mesos",
      "_web._tcp.marathon.mesos",
    ]) {
      expect(exists(snapshot, name), name).toBe(true);
    }
    for (const name of ["", "x.mesos", "a.web.marathon.mesos", "example", "api.marathon.mesos"]) {
      expect(exists(snapshot, name), name).toBe(false);
    }
  });

  test("finds each of many names", () => {
    const names = Array.from({ length: 5000 }, (_, i) => `task-${i}.marathon.mesos`);
    const snapshot = snapshotOf(names.map((name) => `${name} A 192.0.2.1`));
    expect(names.filter((name) => !exists(snapshot, name))).toEqual([]);
  });
});

describe("records on standby", () => {
  const compiled = (...lines: string[]) => octets(compileLines(lines).shards);
  const [WELL, ILL] = ["web.mesos A 192.0.2.1", "web.mesos A 192.0.2.2"];

  test("are left out if their name has another record, of whatever type", () => {
    expect(compiled(WELL, `${ILL} standby`)).toEqual(compiled(WELL));
    expect(compiled(`${ILL} standby`, "web.mesos AAAA 2001:db8::1")).toEqual(compiled("web.mesos AAAA 2001:db8::1"));
    expect(compiled("web.mesos SRV a.mesos 1", "web.mesos SRV b.mesos 1 standby")).toEqual(
      compiled("web.mesos SRV a.mesos 1"),
    );
  });

  test("are published if their name has no other record", () => {
    expect(compiled(`${WELL} standby`, `${ILL} standby`)).toEqual(compiled(WELL, ILL));
    expect(compiled("a.mesos A 192.0.2.1", `${ILL} standby`)).toEqual(compiled("a.mesos A 192.0.2.1", ILL));
  });

  test("count only if they are published", () => {
    expect(compileLines([WELL, `${ILL} standby`])).toMatchObject({ names: 2, records: 2 });
    expect(compileLines([`${WELL} standby`, `${ILL} standby`])).toMatchObject({ names: 2, records: 3 });
  });

  test("are distinct from equal records that are not on standby", () => {
    const set = recordSet([WELL, `${WELL} standby`, ILL]);
    const [first, second] = [WELL, ILL].map((line) => parseAddress(line.split(" ")[2] ?? ""));
    if (!first || !second) throw new Error("no addresses");
    expect(set.omitsStandby("web.mesos")).toBe(true);
    set.removal.address("web.mesos", first);
    set.removal.address("web.mesos", second);
    expect(set.omitsStandby("web.mesos")).toBe(false);
    expect(() => set.removal.address("web.mesos", first)).toThrow("no such record");
    set.removal.address("web.mesos", first, true);
    expect(set.exists[set.names.intern("web.mesos")]).toBe(0);
  });
});

describe("compiling again", () => {
  const many = Array.from({ length: 2000 }, (_, i) => `task-${i}.marathon.mesos A 192.0.2.1`);

  test("keeps the memory of a zone that did not change", () => {
    const before = compileLines(many);
    const after = compileLines([...many].reverse(), before.shards);
    expect(after.changed).toEqual([]);
    expect(after.shards.every((shard, i) => shard === before.shards[i])).toBe(true);
  });

  test("replaces only the shard of the name that changed", () => {
    const before = compileLines(many);
    const after = compileLines([...many, "task-7.marathon.mesos A 192.0.2.99"], before.shards);
    expect(after.changed).toEqual([hashOf("task-7.marathon.mesos") >>> 24]);
  });
});

test("a shard in larger, reused memory is compared only by the words in use", () => {
  const allocate = (words: number) => {
    const memory = new SharedArrayBuffer((words + 100) * 4);
    new Uint32Array(memory).fill(0xdead);
    return memory;
  };
  const before = compileZones([zoneContent(LINES)], { allocate });
  expect(compileZones([zoneContent(LINES)], { previous: before.shards }).changed).toEqual([]);
});

test("a cleared set of records compiles like a new one", () => {
  const fresh = zoneContent(LINES);
  const used = recordSet(Array.from({ length: 9000 }, (_, i) => `old-${i}.mesos AAAA 2001:db8::${i.toString(16)}`));
  used.clear();
  addRecords(used, LINES);
  expect(octets(compileZones([{ ...fresh, records: used }]).shards)).toEqual(octets(compileZones([fresh]).shards));
});

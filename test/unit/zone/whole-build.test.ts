import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/base/addresses.js";
import { compileZones } from "../../../src/zone/compile.js";
import { SHARDS } from "../../../src/zone/layout.js";
import {
  type CompiledShard,
  type CompileHelper,
  compileTaken,
  type WholeBuild,
} from "../../../src/zone/whole-build.js";
import { REVERSE_APEX, recordSet, zoneContent } from "../../support/zone.js";

const RECORDS = Array.from({ length: 2_000 }, (_, i) => [
  `task-${i}.marathon.mesos A 192.0.2.${i % 250}`,
  `task-${i % 7}.marathon.mesos AAAA 2001:db8::${(i * 7).toString(16)}`,
  `_task-${i}._tcp.marathon.mesos SRV task-${i}.marathon.mesos ${31_000 + i}`,
]).flat();
const REVERSE = Array.from({ length: 200 }, (_, i) => `${i}.2.0.192.in-addr.arpa PTR task-${i}.marathon.mesos`);
const zones = () => [zoneContent(RECORDS), zoneContent(REVERSE, REVERSE_APEX)];

/** The octets in use: memory that is handed back may be larger. */
function octets(shards: readonly SharedArrayBuffer[]): string[] {
  return shards.map((shard) => Buffer.from(shard, 0, new Uint32Array(shard)[2] * 4).toString("hex"));
}

/** A helper that gets a copy of the build, as another thread does, and compiles so many shards of it before the builder begins. */
class Helper implements CompileHelper {
  readonly handedBack: number[] = [];
  readonly #count: number;
  readonly #forgets: (index: number) => boolean;
  #shards: CompiledShard[] = [];

  constructor(count: number, forgets: (index: number) => boolean = () => false) {
    this.#count = count;
    this.#forgets = forgets;
  }

  prepare(): void {}

  offer(build: WholeBuild): void {
    for (const shard of compileTaken(structuredClone(build))) {
      if (!this.#forgets(shard.index)) this.#shards.push(shard);
      if (shard.index + 1 === this.#count) return;
    }
  }

  collect(): readonly CompiledShard[] {
    this.handedBack.push(...this.#shards.map(({ index }) => index));
    return this.#shards;
  }
}

describe("a whole build", () => {
  const alone = compileZones(zones());

  test.each([1, 100, SHARDS])("is the same octet for octet if another thread compiles %i of its shards", (count) => {
    const helper = new Helper(count);
    const together = compileZones(zones(), { helper });
    expect(helper.handedBack).toHaveLength(count);
    expect(octets(together.shards)).toEqual(octets(alone.shards));
    expect(together).toMatchObject({ names: alone.names, records: alone.records, changed: alone.changed });
    expect(together.contents).toEqual(alone.contents);
  });

  test("needs nothing of what the other thread has taken and does not hand back", () => {
    const helper = new Helper(SHARDS, (index) => index % 3 === 0);
    expect(octets(compileZones(zones(), { helper }).shards)).toEqual(octets(alone.shards));
  });

  test("is changed afterwards as if one thread had compiled it", () => {
    const changed = (helper?: CompileHelper) => {
      const content = zoneContent(RECORDS);
      const first = compileZones([content], { helper });
      for (const line of ["new.mesos A 192.0.2.9", "task-3.marathon.mesos AAAA 2001:db8::ffff"]) {
        const [name = "", , address = ""] = line.split(" ");
        content.records.address(name, addressOf(address));
      }
      return compileZones([content], { previous: first.shards, contents: first.contents });
    };
    const [one, other] = [changed(new Helper(128)), changed()];
    expect(octets(one.shards)).toEqual(octets(other.shards));
    expect(one).toMatchObject({ names: other.names, records: other.records, changed: other.changed });
  });

  test("that follows another one is not shared: its shards may be those of the last one", () => {
    const helper = new Helper(SHARDS);
    const again = compileZones(zones(), { previous: alone.shards, helper });
    expect([again.changed, helper.handedBack]).toEqual([[], []]);
  });
});

test("columns grow with their names, records and IPv6 addresses, and keep what they have", () => {
  const lines = Array.from({ length: 5_000 }, (_, i) => `n${i}.mesos AAAA 2001:db8::${i.toString(16)}`);
  const set = recordSet(lines);
  expect([...set.addresses.subarray(4_999 * 16, 5_000 * 16)]).toEqual([
    0x20,
    1,
    0xd,
    0xb8,
    ...Array(10).fill(0),
    19,
    135,
  ]);
  for (const column of [set.cells, set.head, set.addresses, set.names.words, set.names.octets, set.names.hash]) {
    expect(column.buffer).toBeInstanceOf(SharedArrayBuffer);
  }
  expect(set.names.octets.buffer).toBe(set.names.words.buffer);
});

function addressOf(text: string): Address {
  return parseAddress(text) as Address;
}

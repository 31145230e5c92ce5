import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { condense, differenceOf, Journal, recordsIn, type Step } from "../../../src/transfer/journal.js";

/** A record in wire form, as text: an A record of `name.`. */
function record(name: string, last = 1): string {
  const rdata = String.fromCharCode(192, 0, 2, last);
  return `${String.fromCharCode(name.length)}${name}\0\0\x01\0\x01\0\0\0\x3c\0\x04${rdata}`;
}

function step(from: number, deleted: readonly string[], added: readonly string[]): Step {
  return { ...differenceOf(deleted, added), from, to: from + 1, soa: new Uint8Array() };
}

const texts = (octets: Uint8Array) => [...recordsIn(octets)].map((each) => Buffer.from(each).toString("latin1")).sort();

describe("the journal", () => {
  test("gives all steps since a serial that it has, and nothing for others", () => {
    const journal = new Journal({ bytes: 1_000_000, steps: 10 });
    const steps = [1, 2, 3].map((from) => step(from, [record("a", from)], [record("a", from + 1)]));
    for (const each of steps) journal.add("mesos", each);
    expect(journal.since("mesos", 1)).toEqual(steps);
    expect(journal.since("mesos", 3)).toEqual([steps[2]]);
    expect(journal.since("mesos", 4)).toBeUndefined();
    expect(journal.since("other", 1)).toBeUndefined();
  });

  test("has no more steps than allowed in all zones together: the oldest go first", () => {
    const journal = new Journal({ bytes: 1_000_000, steps: 3 });
    journal.add("one", step(1, [], [record("a")]));
    journal.add("two", step(1, [], [record("b")]));
    journal.add("one", step(2, [record("a")], []));
    journal.add("two", step(2, [record("b")], []));
    expect(journal.since("one", 1)).toBeUndefined();
    expect([journal.steps("one").length, journal.steps("two").length]).toEqual([1, 2]);
  });

  test("has no more bytes than allowed, and counts down when steps go", () => {
    const journal = new Journal({ bytes: 10_000, steps: 1_000 });
    for (let serial = 1; serial < 500; serial++) journal.add("mesos", step(serial, [record("a")], [record("b")]));
    expect(journal.bytes).toBeLessThanOrEqual(10_000);
    expect(journal.steps("mesos").length).toBeGreaterThan(10);
    expect(journal.since("mesos", 499 - journal.steps("mesos").length)).toBeUndefined();
    expect(journal.since("mesos", 500 - journal.steps("mesos").length)).toBeDefined();
    journal.forget("mesos");
    expect(journal.bytes).toBe(0);
  });

  test("keeps nothing when it may hold nothing", () => {
    const journal = new Journal({ bytes: 0, steps: 1_000 });
    journal.add("mesos", step(1, [], [record("a")]));
    expect([journal.bytes, journal.since("mesos", 1)]).toEqual([0, undefined]);
  });

  test("forgets what was before a step that does not begin where the last one ended", () => {
    const journal = new Journal({ bytes: 1_000_000, steps: 10 });
    journal.add("mesos", step(1, [], [record("a")]));
    journal.add("mesos", step(7, [], [record("b")]));
    expect(journal.since("mesos", 1)).toBeUndefined();
    expect(journal.since("mesos", 7)).toHaveLength(1);
  });

  test("shrinks at once when it may hold less", () => {
    const journal = new Journal({ bytes: 1_000_000, steps: 10 });
    for (let serial = 1; serial < 6; serial++) journal.add("mesos", step(serial, [], [record(`n${serial}`)]));
    journal.configure({ bytes: 1_000_000, steps: 2 });
    expect(journal.steps("mesos")).toHaveLength(2);
  });
});

describe("several steps as one difference", () => {
  test("do not mention what came and went, or went and came back", () => {
    const steps = [
      step(1, [record("a")], [record("b")]),
      step(2, [record("b")], [record("c")]),
      step(3, [record("d")], [record("a")]),
    ];
    const { deleted, added, counts } = condense(steps);
    expect(texts(deleted)).toEqual([record("d")]);
    expect(texts(added)).toEqual([record("c")]);
    expect(counts).toEqual({ deleted: 1, added: 1 });
  });

  test("lead from the first version to the last, whatever has changed between", () => {
    const versions = fc.array(fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { maxLength: 8 }), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(versions, (list) => {
        const steps = list.slice(1).map((now, index) => {
          const before = list[index];
          const gone = before.filter((name) => !now.includes(name)).map((name) => record(name));
          const come = now.filter((name) => !before.includes(name)).map((name) => record(name));
          return step(index, gone, come);
        });
        const { deleted, added } = condense(steps);
        const [first, last] = [new Set(list[0].map((name) => record(name))), list.at(-1)?.map((name) => record(name))];
        for (const each of texts(deleted)) expect(first.delete(each)).toBe(true);
        for (const each of texts(added)) {
          expect(first.has(each)).toBe(false);
          first.add(each);
        }
        expect([...first].sort()).toEqual(last?.sort());
      }),
    );
  });
});

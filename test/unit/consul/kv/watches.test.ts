import { describe, expect, test } from "vitest";
import { Watches } from "../../../../src/consul/kv/watches.js";

/** Watches that note whom they call. */
function noting() {
  const watches = new Watches();
  const called: string[] = [];
  const note = (name: string) => () => void called.push(name);
  return { watches, called, note };
}

describe("a change", () => {
  test("wakes who waits for the key or a beginning of it, and nobody else", () => {
    const { watches, called, note } = noting();
    watches.watchKey("app/a", note("key"));
    watches.watchKey("app/b", note("another key"));
    watches.watchKey("app/", note("a key that is a beginning"));
    for (const prefix of ["", "a", "app/", "app/a"]) watches.watchPrefix(prefix, note(`prefix ${prefix}`));
    for (const prefix of ["b", "app/b", "app/a/", "apps/"])
      watches.watchPrefix(prefix, note(`another prefix ${prefix}`));
    watches.wake(new Set(["app/a"]));
    expect(called.sort()).toEqual(["key", "prefix ", "prefix a", "prefix app/", "prefix app/a"]);
  });

  test("of several keys wakes each once", () => {
    const { watches, called, note } = noting();
    watches.watchPrefix("app/", note("prefix"));
    watches.wake(new Set(["app/a", "app/b", "other"]));
    expect(called).toEqual(["prefix"]);
  });

  test("wakes nobody who has gone, also in between", () => {
    const { watches, called, note } = noting();
    const cancels: (() => void)[] = [];
    const leaving = () => {
      called.push("one");
      for (const cancel of cancels) cancel();
    };
    cancels.push(
      watches.watchKey("a", leaving),
      watches.watchKey("a", leaving),
      watches.watchPrefix("a", note("prefix")),
    );
    watches.wake(new Set(["a"]));
    watches.wake(new Set(["a"]));
    expect(called).toEqual(["one"]);
  });

  test("leaves those alone who came again after somebody else had gone", () => {
    const { watches, called, note } = noting();
    const first = watches.watchPrefix("a", note("first"));
    const second = watches.watchPrefix("a", note("second"));
    first();
    first();
    watches.wake(new Set(["ab"]));
    second();
    watches.watchPrefix("a", note("third"));
    second();
    watches.wake(new Set(["ab"]));
    expect(called).toEqual(["second", "third"]);
  });

  test("costs the same however many wait for something else", () => {
    const { watches, called, note } = noting();
    for (let number = 0; number < 20_000; number++) watches.watchPrefix(`other/${number % 10_000}/`, note("other"));
    watches.watchPrefix("app/", note("app"));
    const started = performance.now();
    for (let round = 0; round < 10_000; round++) watches.wake(new Set(["app/a"]));
    expect(called).toHaveLength(10_000);
    // Asking all of them would be two hundred million calls.
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test("of ten thousand keys is quick though beginnings of two thousand lengths are waited for", () => {
    const { watches, called, note } = noting();
    const keys = new Set(Array.from({ length: 10_000 }, (_, number) => `${"k".repeat(2_000)}${number}`));
    for (let length = 0; length < 2_000; length++) watches.watchPrefix("k".repeat(length), note("touched"));
    for (let length = 1; length < 2_000; length++) watches.watchPrefix(`${"k".repeat(length)}x`, note("another"));
    const started = performance.now();
    watches.wake(keys);
    expect(called).toEqual(Array(2_000).fill("touched"));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

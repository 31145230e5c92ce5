import { expect, test } from "vitest";
import { findBroken } from "../../../src/lb/haproxy/broken.js";
import { LastGood, type Refused, type Traits } from "../../../src/lb/last-good.js";

interface Item {
  readonly app: string;
  readonly text: string;
  readonly servers: string;
}

const TRAITS: Traits<Item, Item> = {
  keyOf: ({ app }) => app,
  appOf: ({ app }) => app,
  indexOf: () => undefined,
  likenessOf: ({ text }) => text,
  renewed: (before, { servers }) => ({ ...before, servers }),
};

function open() {
  const good = new LastGood<Item, Item>(TRAITS, []);
  let last: readonly Item[] = [];
  const ask = (text: string, servers = "1") => {
    const notes: Refused[] = [];
    last = good.chosen([{ app: "/a", text, servers }], notes);
    const [item] = last;
    return [item && `${item.text} ${item.servers}`, ...notes.map(({ isKept }) => (isKept ? "kept" : "left out"))];
  };
  const refuse = () => good.refuse(new Map([["/a", "wrong"]]), last);
  return { good, ask, refuse, accept: () => good.accept(last) };
}

test("what is refused goes on as it was, with its servers of now, until it asks for something else", () => {
  const { ask, refuse, accept } = open();
  ask("good");
  accept();
  expect(ask("bad")).toEqual(["bad 1"]);
  refuse();
  expect(ask("bad", "2")).toEqual(["good 2", "kept"]);
  expect(ask("better", "2")).toEqual(["better 2"]);
});

test("those that are there as they are come before those that are new", () => {
  const { good, ask, accept } = open();
  ask("good");
  accept();
  const [a, b] = ["/a", "/b"].map((app) => ({ app, text: "good", servers: "1" }));
  expect(good.settledFirst([b, a] as Item[])).toEqual(["/a", "/b"]);
  expect(good.settledFirst([b, { ...a, text: "other" }] as Item[])).toEqual(["/b", "/a"]);
});

test("what was never well is left out", () => {
  const { ask, refuse } = open();
  ask("bad");
  refuse();
  expect(ask("bad")).toEqual([undefined, "left out"]);
});

test("where the former one is refused as well, it is left out, and not tried in turn", () => {
  const { ask, refuse, accept } = open();
  ask("good");
  accept();
  ask("bad");
  refuse();
  expect(ask("bad")).toEqual(["good 1", "kept"]);
  refuse();
  expect(ask("bad")).toEqual([undefined, "left out"]);
  expect(ask("bad")).toEqual([undefined, "left out"]);
});

test("what was refused is tried again when that is said", () => {
  const { good, ask, refuse } = open();
  ask("bad");
  refuse();
  good.tryAgain();
  expect(ask("bad")).toEqual(["bad 1"]);
});

test("one broken app of a thousand is found in some twenty checks", async () => {
  const apps = Array.from({ length: 1_000 }, (_, index) => `/${index}`);
  let checks = 0;
  const broken = await findBroken(apps, async (some) => {
    checks++;
    return some.has("/700") ? "wrong" : undefined;
  });
  expect([...broken.keys()]).toEqual(["/700"]);
  expect(checks).toBeLessThan(25);
});

test("of two apps that are well alone and not together, the later one is broken", async () => {
  const broken = await findBroken(["/a", "/b", "/c", "/d"], async (some) =>
    some.has("/a") && some.has("/c") ? "wrong" : undefined,
  );
  expect([...broken.keys()]).toEqual(["/c"]);
});

test("what is broken without any app is no app's fault", async () => {
  expect((await findBroken(["/a"], async () => "wrong")).size).toBe(0);
});

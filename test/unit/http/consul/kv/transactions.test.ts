import { describe, expect, test } from "vitest";
import { Asker, ID, jsonOf } from "./support.js";

type Fields = Record<string, unknown>;

function txn(asker: Asker, ...operations: Fields[]) {
  return asker.ask("PUT /v1/txn", JSON.stringify(operations.map((KV) => ({ KV }))));
}

const b64 = (text: string) => Buffer.from(text).toString("base64");

/** An asker with a session, a key `a` and a locked key `lock`. */
async function prepared(): Promise<Asker> {
  const asker = await Asker.create();
  await asker.ask("PUT /v1/session/create");
  await asker.ask("PUT /v1/kv/a", "A");
  await asker.ask(`PUT /v1/kv/lock?acquire=${ID}1`, "L");
  return asker;
}

describe("a transaction", () => {
  test("writes all, and tells what it wrote without values", async () => {
    const asker = await Asker.create();
    const got = await txn(
      asker,
      { Verb: "set", Key: "a", Value: b64("A"), Flags: 7 },
      { Verb: "cas", Key: "b", Index: 0 },
    );
    expect(got.status).toBe(200);
    expect(jsonOf(got)).toEqual({
      Results: [
        { KV: { LockIndex: 0, Key: "a", Flags: 7, Value: null } },
        { KV: { LockIndex: 0, Key: "b", Flags: 0, Value: null } },
      ],
      Errors: null,
    });
    const [a, b] = [asker.store.now.entry("a"), asker.store.now.entry("b")];
    expect(a?.modifyIndex).toBe(b?.modifyIndex);
    expect(String(a?.value)).toBe("A");
  });

  test("keeps flags of 64 bits, and leaves digits in texts alone", async () => {
    const asker = await Asker.create();
    const key = String.raw`"Flags\":18446744073709551615`;
    const body = `[{"KV":{"Verb":"set","Key":${JSON.stringify(key)},"Flags":18446744073709551615}}]`;
    await asker.ask("PUT /v1/txn", body);
    expect(asker.store.now.entry(key)?.flags).toBe(18_446_744_073_709_551_615n);
  });

  test("that only reads tells values, and writes nothing", async () => {
    const asker = await prepared();
    await asker.store.close();
    const got = await txn(
      asker,
      { Verb: "get", Key: "a" },
      { Verb: "get-tree", Key: "" },
      { Verb: "check-not-exists", Key: "none" },
    );
    expect(jsonOf(got)).toMatchObject({
      Results: [
        { KV: { Key: "a", Value: b64("A") } },
        { KV: { Key: "a" } },
        { KV: { Key: "lock", Session: `${ID}1` } },
      ],
      Errors: null,
      Index: 1,
      KnownLeader: true,
    });
    expect(got.index).toBeGreaterThan(0);
  });

  test("sees what its former operations have done", async () => {
    const asker = await prepared();
    const got = await txn(
      asker,
      { Verb: "set", Key: "a/b", Value: b64("B") },
      { Verb: "get-tree", Key: "a" },
      { Verb: "delete-tree", Key: "a" },
      { Verb: "check-not-exists", Key: "a" },
      { Verb: "set", Key: "a", Value: b64("again") },
    );
    const { Results } = jsonOf(got) as { Results: { KV: Fields }[] };
    expect(Results.map(({ KV }) => [KV.Key, KV.Value])).toEqual([
      ["a/b", null],
      ["a", b64("A")],
      ["a/b", b64("B")],
      ["a", null],
    ]);
    expect(asker.store.now.list("a").map(({ key, value }) => `${key}=${value}`)).toEqual(["a=again"]);
  });

  test.each<[Fields, string]>([
    [{ Verb: "get", Key: "none" }, 'key "none" doesn\'t exist'],
    [{ Verb: "cas", Key: "a", Index: 1 }, 'failed to set key "a", index is stale'],
    [{ Verb: "cas", Key: "a", Index: 0 }, 'failed to set key "a", index is stale'],
    [{ Verb: "delete-cas", Key: "a", Index: 1 }, 'failed to delete key "a", index is stale'],
    [{ Verb: "lock", Key: "a", Session: "x" }, 'invalid session "x"'],
    [{ Verb: "lock", Key: "a" }, "missing session"],
    [
      { Verb: "unlock", Key: "lock", Session: "x" },
      'failed to unlock key "lock", lock isn\'t held, or is held by another session',
    ],
    [{ Verb: "check-index", Key: "none", Index: 1 }, 'failed to check index, key "none" doesn\'t exist'],
    [{ Verb: "check-session", Key: "none", Session: "x" }, 'failed to check session, key "none" doesn\'t exist'],
    [{ Verb: "check-session", Key: "a", Session: "x" }, 'failed session check for key "a", current session "" != "x"'],
    [{ Verb: "check-not-exists", Key: "a" }, 'key "a" exists'],
    [{ Verb: "set", Key: "" }, "Missing key name"],
    [{ Verb: "x", Key: "a" }, 'unknown KV verb "x"'],
  ])("does nothing if one operation fails: %j", async (operation, what) => {
    const asker = await prepared();
    const { index } = asker.store.now;
    const got = await txn(asker, { Verb: "set", Key: "new" }, operation, { Verb: "delete", Key: "a" });
    expect(got).toMatchObject({ status: 409, type: "json" });
    expect(JSON.parse(got.text)).toEqual({ Results: null, Errors: [{ OpIndex: 1, What: what }] });
    expect(asker.store.now.index).toBe(index);
    expect(asker.store.now.list("").map(({ key }) => key)).toEqual(["a", "lock"]);
  });

  test("locks, checks and unlocks", async () => {
    const asker = await prepared();
    const index = asker.store.now.keyIndex("a");
    const session = `${ID}1`;
    const got = await txn(
      asker,
      { Verb: "check-index", Key: "a", Index: index },
      { Verb: "lock", Key: "a", Session: session },
      { Verb: "check-session", Key: "a", Session: session },
      { Verb: "unlock", Key: "lock", Session: session },
    );
    expect(got.status).toBe(200);
    expect(asker.store.now.entry("a")).toMatchObject({ session, lockIndex: 1 });
    expect(asker.store.now.entry("lock")).toMatchObject({ session: "", lockIndex: 1 });
  });

  test.each([
    ["nonsense", 400, "Failed to parse body: it is no list in JSON, or one more than 32 deep"],
    [
      `[{"KV":{"Verb":"set","Key":"a","Flags":${"[".repeat(100_000)}${"]".repeat(100_000)}}}]`,
      400,
      "Failed to parse body: it is no list in JSON, or one more than 32 deep",
    ],
    [
      '[{"KV":{"Verb":"set","Key":"a","Flags":{"toString":1,"valueOf":1}}}]',
      400,
      "Failed to parse body: operation 0: Flags and Index are unsigned numbers of 64 bits",
    ],
    ["{}", 400, "Failed to parse body: it is no list in JSON, or one more than 32 deep"],
    ['[{"Node":{}}]', 400, "Failed to parse body: operation 0: it has no KV: only keys can be in a transaction"],
    [
      '[{"KV":{"Verb":"set","Key":"a","Value":"?"}}]',
      400,
      "Failed to parse body: operation 0: Value is text in base64",
    ],
    [
      '[{"KV":{"Verb":"set","Key":"a","Flags":-1}}]',
      400,
      "Failed to parse body: operation 0: Flags and Index are unsigned numbers of 64 bits",
    ],
    [
      '[{"KV":{"Verb":"set","Key":"\\ud800"}}]',
      400,
      "Failed to parse body: operation 0: Verb, Key and Session are text",
    ],
    [
      JSON.stringify(Array(65).fill({ KV: { Verb: "get", Key: "a" } })),
      413,
      "Transaction contains too many operations (65 > 64)",
    ],
    [
      JSON.stringify([{ KV: { Verb: "set", Key: "a", Value: Buffer.alloc(524_289).toString("base64") } }]),
      413,
      'Value for key "a" is too large (524289 > 524288 bytes)',
    ],
    [
      JSON.stringify([{ KV: { Verb: "set", Key: "k".repeat(2_049) } }]),
      413,
      "the key has 2049 octets, and may have 2048",
    ],
  ])("that is none gets one line: %.60s", async (body, status, text) => {
    const asker = await Asker.create();
    expect(await asker.ask("PUT /v1/txn", body)).toMatchObject({ status, type: "text", text });
  });
});

test("an event is taken, and told to nobody", async () => {
  const asker = await Asker.create();
  expect(jsonOf(await asker.ask("PUT /v1/event/fire/deploy?node=n&service=s&tag=t", "payload"))).toEqual({
    ID: `${ID}1`,
    Name: "deploy",
    Payload: "cGF5bG9hZA==",
    NodeFilter: "n",
    ServiceFilter: "s",
    TagFilter: "t",
    Version: 1,
    LTime: 0,
  });
  expect(await asker.ask("GET /v1/event/list")).toMatchObject({ status: 200, text: "[]" });
  expect(await asker.ask("PUT /v1/event/fire/")).toMatchObject({ status: 400, text: "Missing name" });
});

test("brackets in a text do not count as depth", async () => {
  const asker = await Asker.create();
  const key = String.raw`\"${"[{".repeat(40)}`;
  expect(await txn(asker, { Verb: "set", Key: key })).toMatchObject({ status: 200 });
  expect(asker.store.now.entry(key)).toBeDefined();
});

describe("a transaction that reads much", () => {
  test("is refused whole, in one line", async () => {
    const asker = await Asker.create();
    for (let at = 0; at < 8; at++) await asker.ask(`PUT /v1/kv/big/${at}`, Buffer.alloc(500_000, "v"));
    const tree = { Verb: "get-tree", Key: "" };
    expect(await txn(asker, tree, tree)).toMatchObject({ status: 200 });
    const read = await txn(asker, ...Array.from({ length: 64 }, () => tree));
    const written = await txn(asker, { Verb: "set", Key: "a" }, tree, tree, tree);
    for (const { status, text } of [read, written]) {
      expect(status).toBe(413);
      expect(text).toMatch(/^the transaction's results are too large \(max 8388608 .*: ask for less with each[^\n]*$/);
    }
    expect(asker.store.now.entry("a")).toBeUndefined();
  });

  test("is refused for many small results as well", async () => {
    const asker = await Asker.create();
    for (let from = 0; from < 2_000; from += 50) {
      await txn(asker, ...Array.from({ length: 50 }, (_, at) => ({ Verb: "set", Key: `k${from + at}` })));
    }
    const got = await txn(asker, ...Array.from({ length: 64 }, () => ({ Verb: "get-tree", Key: "" })));
    expect(got).toMatchObject({ status: 413 });
  });
});

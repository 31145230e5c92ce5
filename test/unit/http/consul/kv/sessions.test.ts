import { describe, expect, test } from "vitest";
import { Asker, ID, jsonOf } from "./support.js";

/** An asker with a session, and its id. */
async function withSession(fields: Record<string, unknown> = {}) {
  const asker = await Asker.create();
  const created = await asker.ask("PUT /v1/session/create", JSON.stringify(fields));
  expect(created).toMatchObject({ status: 200, text: `{"ID":"${ID}1"}` });
  return { asker, id: `${ID}1` };
}

describe("a session", () => {
  test("has Consul's defaults", async () => {
    const { asker, id } = await withSession();
    const session = {
      ID: id,
      Name: "",
      Node: "ns1",
      LockDelay: 15_000_000_000,
      Behavior: "release",
      TTL: "",
      NodeChecks: ["serfHealth"],
      ServiceChecks: null,
    };
    for (const path of [`info/${id}`, "list", "node/NS1"]) {
      expect(jsonOf(await asker.ask(`GET /v1/session/${path}`))).toEqual([session]);
    }
    expect(jsonOf(await asker.ask("GET /v1/session/node/agent1"))).toEqual([]);
  });

  test.each([
    [{ LockDelay: "1ms" }, { LockDelay: 1_000_000 }],
    [{ LockDelay: 20 }, { LockDelay: 20_000_000_000 }],
    [{ LockDelay: 0.0015 }, { LockDelay: 2_000_000 }],
    [{ LockDelay: "99999999999999h" }, { LockDelay: 60_000_000_000 }],
    [{ LockDelay: 1e300 }, { LockDelay: 60_000_000_000 }],
    [{ LockDelay: 5_000_000_000 }, { LockDelay: 5_000_000_000 }],
    [
      { ttl: "1m30s", behavior: "delete", name: "n" },
      { TTL: "1m30s", Behavior: "delete", Name: "n" },
    ],
    [
      { Node: "agent1", NodeChecks: [] },
      { Node: "agent1", NodeChecks: [] },
    ],
  ])("is as it was asked for: %j", async (fields, shown) => {
    const { asker, id } = await withSession(fields);
    expect(jsonOf(await asker.ask(`GET /v1/session/info/${id}`))).toMatchObject([shown]);
  });

  test.each([
    ['{"TTL":"1s"}', 400, "Invalid Session TTL '1s', must be between 10s and 86400s"],
    ['{"TTL":"25h"}', 400, "Invalid Session TTL '25h', must be between 10s and 86400s"],
    ['{"TTL":"10"}', 400, "Session TTL '10' invalid: it is a time such as 30s"],
    ['{"Behavior":"x"}', 400, "Invalid Behavior setting 'x': it is release or delete"],
    ['{"LockDelay":"soon"}', 400, "Request decode failed: LockDelay is a time such as 15s"],
    ['{"Node":"nobody"}', 500, "Missing node registration"],
    ['{"Checks":["web"]}', 500, 'Missing check "web" registration'],
    ["[]", 400, "Request decode failed: it is no JSON object, or one more than 32 deep"],
    ["nonsense", 400, "Request decode failed: it is no JSON object, or one more than 32 deep"],
  ])("is refused in one line: %s", async (body, status, text) => {
    const asker = await Asker.create();
    expect(await asker.ask("PUT /v1/session/create", body)).toMatchObject({ status, type: "text", text });
    expect(asker.store.now.sizes.sessions).toBe(0);
  });

  test("is refused in one line if its request goes very deep", async () => {
    const asker = await Asker.create();
    const body = `{"Checks":${"[".repeat(8_000)}${"]".repeat(8_000)}}`;
    const text = "Request decode failed: it is no JSON object, or one more than 32 deep";
    expect(await asker.ask("PUT /v1/session/create", body)).toMatchObject({ status: 400, type: "text", text });
  });

  test("is refused while it is not known which node is this server's, and taken then", async () => {
    const asker = await Asker.create();
    asker.ownNode = "";
    expect(await asker.ask("PUT /v1/session/create")).toMatchObject({ status: 500, text: "No cluster leader" });
    expect(await asker.ask("PUT /v1/session/create", '{"Node":"agent1"}')).toMatchObject({ status: 200 });
    asker.ownNode = "ns1";
    expect(await asker.ask("PUT /v1/session/create")).toMatchObject({ status: 200 });
    expect(asker.store.now.sessions().map(({ node }) => node)).toEqual(["agent1", "ns1"]);
  });

  test("can be renewed and destroyed; an unknown one only destroyed", async () => {
    const { asker, id } = await withSession({ TTL: "10s" });
    await asker.timers.advance(9_000);
    expect(jsonOf(await asker.ask(`PUT /v1/session/renew/${id}`))).toMatchObject([{ ID: id }]);
    await asker.timers.advance(9_000);
    expect(await asker.ask(`PUT /v1/session/destroy/${id}`)).toMatchObject({ status: 200, text: "true" });
    expect(await asker.ask(`PUT /v1/session/destroy/${id}`)).toMatchObject({ status: 200, text: "true" });
    expect(await asker.ask(`PUT /v1/session/renew/${id}`)).toMatchObject({
      status: 404,
      text: `Session id '${id}' not found`,
    });
    expect(await asker.ask(`GET /v1/session/info/${id}`)).toMatchObject({ status: 200, text: "[]" });
    expect(await asker.ask("PUT /v1/session/renew/")).toMatchObject({ status: 400, text: "Missing session" });
  });

  test("is waited for by its id alone", async () => {
    const { asker, id } = await withSession();
    const woken: string[] = [];
    for (const each of [id, `${ID}2`]) asker.reading(`/v1/session/info/${each}`).watch(() => woken.push(each));
    await asker.ask(`PUT /v1/session/destroy/${id}`);
    expect(woken).toEqual([id]);
  });
});

describe("a lock", () => {
  test("goes the way that it goes in Consul", async () => {
    const { asker, id } = await withSession({ Behavior: "delete", LockDelay: "0s" });
    await asker.ask("PUT /v1/session/create");
    const other = `${ID}2`;
    const state = async () => jsonOf(await asker.ask("GET /v1/kv/lock/a"));
    const said = async (query: string, body: string) => (await asker.ask(`PUT /v1/kv/lock/a${query}`, body)).text;
    expect(await said(`?release=${id}`, "")).toBe("false");
    expect(await said(`?acquire=${id}&flags=3304740253564472344`, "mine")).toBe("true");
    expect((await asker.ask("GET /v1/kv/lock/a")).text).toContain('"Flags":3304740253564472344');
    expect(await state()).toMatchObject([{ LockIndex: 1, Value: "bWluZQ==", Session: id }]);
    expect(await said(`?acquire=${other}`, "yours")).toBe("false");
    expect(await said(`?acquire=${id}`, "mine 2")).toBe("true");
    expect(await state()).toMatchObject([{ LockIndex: 1, Flags: 0, Value: "bWluZSAy", Session: id }]);
    expect(await said("", "mine 2")).toBe("true");
    expect(await state()).toMatchObject([{ LockIndex: 0, Value: "bWluZSAy", Session: id }]);
    expect(await said("", "plain")).toBe("true");
    expect(await state()).toMatchObject([{ LockIndex: 0, Value: "cGxhaW4=", Session: id }]);
    expect(await said(`?release=${other}`, "")).toBe("false");
    expect(await said(`?release=${id}`, "free")).toBe("true");
    expect(await state()).toEqual([{ LockIndex: 0, Key: "lock/a", Flags: 0, Value: "ZnJlZQ==" }]);
    expect(await said(`?acquire=${id}`, "mine 3")).toBe("true");
    await asker.ask(`PUT /v1/session/destroy/${id}`);
    expect(await asker.ask("GET /v1/kv/lock/a")).toMatchObject({ status: 404 });
  });
});

import { describe, expect, test } from "vitest";
import { Asker, ID, jsonOf } from "./support.js";

const MAX_FLAGS = "18446744073709551615";

/** An asker whose store has these keys, each with itself as its value. */
async function having(...keys: string[]): Promise<Asker> {
  const asker = await Asker.create();
  for (const key of keys) await asker.ask(`PUT /v1/kv/${key}`, key);
  return asker;
}

describe("GET of a key", () => {
  test("has all that Consul tells, and the index of its last change", async () => {
    const asker = await having("other");
    await asker.ask(`PUT /v1/kv/app/a?flags=${MAX_FLAGS}`, "one");
    await asker.ask("PUT /v1/kv/other", "later");
    const got = await asker.ask("GET /v1/kv/app/a");
    const { modifyIndex } = asker.store.now.entry("app/a") ?? {};
    const indexes = `"CreateIndex":${modifyIndex},"ModifyIndex":${modifyIndex}`;
    expect(got.text).toBe(`[{"LockIndex":0,"Key":"app/a","Flags":${MAX_FLAGS},"Value":"b25l",${indexes}}]`);
    expect(got).toMatchObject({ status: 200, type: "json", index: modifyIndex });
  });

  test("has null for a value without octets", async () => {
    const asker = await Asker.create();
    await asker.ask("PUT /v1/kv/empty");
    expect(jsonOf(await asker.ask("GET /v1/kv/empty"))).toMatchObject([{ Value: null }]);
  });

  test("with raw has the octets", async () => {
    const asker = await Asker.create();
    await asker.ask("PUT /v1/kv/bin", Buffer.from([0, 255, 254, 128]));
    expect(await asker.ask("GET /v1/kv/bin?raw")).toMatchObject({ status: 200, type: "raw", text: "\0\xff\xfe\x80" });
  });

  test.each(["none", "none?raw", "none?recurse", "none?keys", "?recurse"])(
    "that is missing is 404 without a body: %s",
    async (path) => {
      const asker = await Asker.create();
      const got = await asker.ask(`GET /v1/kv/${path}`);
      expect(got).toMatchObject({ status: 404, text: "" });
      expect(got.index).toBeGreaterThan(0);
    },
  );
});

describe("lists", () => {
  test.each([
    ["app?recurse", ["app/a", "app/dir/", "app/dir/x", "app/é", "app2"]],
    ["app/di?recurse=", ["app/dir/", "app/dir/x"]],
    ["app/dir/?recurse&raw", ["app/dir/", "app/dir/x"]],
  ])("of keys and values begin with the text given, in the order of octets: %s", async (path, keys) => {
    const asker = await having("app2", "app/é", "app/dir/x", "app/dir/", "app/a", "b");
    const got = jsonOf(await asker.ask(`GET /v1/kv/${path}`)) as { Key: string }[];
    expect(got.map(({ Key }) => Key)).toEqual(keys);
  });

  test.each([
    ["app/?keys", ["app/a", "app/dir/", "app/dir/sub/y", "app/dir/x"]],
    ["app/?keys&separator=/", ["app/a", "app/dir/"]],
    ["app/?keys&seperator=/", ["app/a", "app/dir/"]],
    ["app/?keys&separator=r/", ["app/a", "app/dir/"]],
    ["?keys&separator=/", ["app/", "b"]],
  ])("of names are cut behind the separator, each once: %s", async (path, keys) => {
    const asker = await having("app/a", "app/dir/", "app/dir/sub/y", "app/dir/x", "b");
    expect(jsonOf(await asker.ask(`GET /v1/kv/${path}`))).toEqual(keys);
  });

  test("of names of everything are empty where there is nothing", async () => {
    const asker = await Asker.create();
    expect(await asker.ask("GET /v1/kv/?keys")).toMatchObject({ status: 200, text: "[]" });
  });
});

describe("writes", () => {
  test("depend on the index with cas", async () => {
    const asker = await having("a");
    const index = asker.store.now.keyIndex("a");
    const said = async (line: string) => (await asker.ask(line, "new")).text;
    expect(await said(`PUT /v1/kv/a?cas=${index - 1}`)).toBe("false");
    expect(await said("PUT /v1/kv/a?cas=0")).toBe("false");
    expect(await said(`PUT /v1/kv/a?cas=${index}`)).toBe("true");
    expect(await said("PUT /v1/kv/b?cas=0")).toBe("true");
    expect(await said("DELETE /v1/kv/b?cas=0")).toBe("false");
    expect(await said(`DELETE /v1/kv/b?cas=${asker.store.now.keyIndex("b")}`)).toBe("true");
    expect(await said("DELETE /v1/kv/b?cas=1")).toBe("true");
  });

  test("without flags set them to 0", async () => {
    const asker = await Asker.create();
    await asker.ask("PUT /v1/kv/a?flags=7", "x");
    await asker.ask("PUT /v1/kv/a", "x");
    expect(jsonOf(await asker.ask("GET /v1/kv/a"))).toMatchObject([{ Flags: 0 }]);
  });

  test("of what is there already change nothing", async () => {
    const asker = await having("a");
    const { index } = asker.store.now;
    expect((await asker.ask("PUT /v1/kv/a", "a")).text).toBe("true");
    expect((await asker.ask("DELETE /v1/kv/none")).text).toBe("true");
    expect(asker.store.now.index).toBe(index);
  });

  test.each([
    ["PUT /v1/kv/", 400, "Missing key name"],
    ["DELETE /v1/kv/", 400, "Missing key name"],
    ["PUT /v1/kv/a?cas=1&acquire=x", 400, "Conflicting flags: cas and acquire cannot be used together"],
    ["DELETE /v1/kv/a?cas=1&recurse", 400, "Conflicting flags: recurse and cas cannot be used together"],
    ["PUT /v1/kv/a?flags=-1", 400, 'Invalid flags: "-1" is no unsigned number of 64 bits'],
    [
      "PUT /v1/kv/a?flags=18446744073709551616",
      400,
      'Invalid flags: "18446744073709551616" is no unsigned number of 64 bits',
    ],
    ["PUT /v1/kv/a?cas=x", 400, 'Invalid cas: "x" is no unsigned number of 64 bits'],
    ["DELETE /v1/kv/a?cas=", 400, 'Invalid cas: "" is no unsigned number of 64 bits'],
    [`PUT /v1/kv/a?acquire=${ID}9`, 500, `invalid session "${ID}9"`],
    ["PUT /v1/kv/a?acquire=", 500, "missing session"],
    [`PUT /v1/kv/${"k".repeat(2_049)}`, 413, "the key has 2049 octets, and may have 2048"],
  ])("that make no sense get one line: %s", async (line, status, text) => {
    const asker = await Asker.create();
    expect(await asker.ask(line, "x")).toEqual({ status, type: "text", text, index: undefined });
    expect(asker.store.now.sizes.keys).toBe(0);
  });

  test("for which there is no room get 507", async () => {
    const asker = await Asker.create({ limits: { maxKeys: 1, maxBytes: 10 } });
    await asker.ask("PUT /v1/kv/a", "1");
    expect(await asker.ask("PUT /v1/kv/b", "1")).toMatchObject({
      status: 507,
      text: expect.stringContaining("no more than 1"),
    });
    expect(await asker.ask("PUT /v1/kv/a", "1234567890")).toMatchObject({
      status: 507,
      text: expect.stringContaining("may have 10 in all"),
    });
  });

  test("that cannot be stored get 500 with the reason, and reads go on", async () => {
    const asker = await having("a");
    await asker.store.close();
    expect(await asker.ask("PUT /v1/kv/a", "new")).toMatchObject({
      status: 500,
      type: "text",
      text: expect.stringContaining("stopping"),
    });
    expect((await asker.ask("GET /v1/kv/a?raw")).text).toBe("a");
  });
});

describe("waiting", () => {
  /** How often a reading is woken, and by how much its index grows, when something is asked for. */
  async function wakes(asker: Asker, path: string, line: string): Promise<boolean> {
    const reading = asker.reading(path);
    const index = reading.index();
    let woken = 0;
    const cancel = reading.watch(() => {
      woken++;
      expect(reading.index()).toBeGreaterThan(index);
      expect(reading.answer().index).toBe(reading.index());
    });
    await asker.ask(line, "changed");
    cancel();
    expect(reading.index() > index).toBe(woken > 0);
    expect(woken).toBeLessThan(2);
    return woken > 0;
  }

  test.each([
    ["/v1/kv/app/a", "PUT /v1/kv/app/a", true],
    ["/v1/kv/app/a", "DELETE /v1/kv/app/a", true],
    ["/v1/kv/app/a", "DELETE /v1/kv/?recurse", true],
    ["/v1/kv/app/a", "PUT /v1/kv/app/b", false],
    ["/v1/kv/app/a", "PUT /v1/kv/app/a2", false],
    ["/v1/kv/app/a", "PUT /v1/kv/app/a?cas=1", false],
    ["/v1/kv/missing", "PUT /v1/kv/missing", true],
    ["/v1/kv/missing", "DELETE /v1/kv/missing", false],
    ["/v1/kv/missing", "PUT /v1/kv/other", false],
    ["/v1/kv/app/?recurse", "PUT /v1/kv/app/new", true],
    ["/v1/kv/app/?recurse", "PUT /v1/kv/app/a", true],
    ["/v1/kv/app/?recurse", "DELETE /v1/kv/app/b", true],
    ["/v1/kv/app/?recurse", "DELETE /v1/kv/?recurse", true],
    ["/v1/kv/app/?recurse", "PUT /v1/kv/apps", false],
    ["/v1/kv/app/?keys", "DELETE /v1/kv/app/b", true],
    ["/v1/kv/app/?keys", "PUT /v1/kv/other", false],
    ["/v1/session/list", "PUT /v1/session/create", true],
    ["/v1/session/list", "PUT /v1/kv/app/a", false],
    ["/v1/event/list", "PUT /v1/event/fire/x", false],
  ])("at %s, %s: %s", async (path, line, isWoken) => {
    const asker = await having("app/a", "app/b");
    if (line.includes("session")) return expect(await wakesEmpty(asker, path, line)).toBe(isWoken);
    expect(await wakes(asker, path, line)).toBe(isWoken);
  });

  async function wakesEmpty(asker: Asker, path: string, line: string): Promise<boolean> {
    let woken = false;
    asker.reading(path).watch(() => {
      woken = true;
    });
    await asker.ask(line);
    return woken;
  }

  test("an index never goes back, though what a prefix had is deleted and written again", async () => {
    const asker = await having("app/a", "app/b");
    const reading = asker.reading("/v1/kv/app/?keys");
    let index = reading.index();
    for (const line of ["DELETE /v1/kv/app/b", "PUT /v1/kv/app/b", "DELETE /v1/kv/app/?recurse", "PUT /v1/kv/app/a"]) {
      await asker.ask(line, "x");
      expect(reading.index()).toBeGreaterThan(index);
      index = reading.index();
    }
  });
});

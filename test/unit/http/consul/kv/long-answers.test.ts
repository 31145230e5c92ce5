import { expect, test } from "vitest";
import { Asker } from "./support.js";

async function filled(keys: number, value: string | Buffer): Promise<Asker> {
  const asker = await Asker.create();
  for (let at = 0; at < keys; at++) await asker.ask(`PUT /v1/kv/app/${at}`, value);
  return asker;
}

test.each(["app/?recurse", "app/?keys", "app/?keys&separator=/", "app/1"])(
  "what many ask for is made once, until it changes: %s",
  async (question) => {
    const asker = await filled(3, "x");
    const bodies = () => [1, 2].map(() => asker.reading(`/v1/kv/${question}`).answer().rendering?.body);
    const [one, other] = bodies();
    expect(one).toBeDefined();
    expect(other).toBe(one);
    await asker.ask("PUT /v1/kv/other", "x");
    expect(bodies()[0]).toBe(one);
    await asker.ask("PUT /v1/kv/app/1", "new");
    const { status, text } = await asker.ask(`GET /v1/kv/${question}`);
    expect(status).toBe(200);
    expect(text).toMatch(/^\[.+\]$/);
    expect(bodies()[0]?.toString()).toBe(text);
    expect(bodies()[0]).not.toBe(one);
  },
);

test("different questions have different answers", async () => {
  const asker = await filled(3, "x");
  const questions = ["app/?recurse", "app/?keys", "?keys&separator=/", "?keys&separator=p", "app/1"];
  const texts = await Promise.all(questions.map(async (each) => (await asker.ask(`GET /v1/kv/${each}`)).text));
  expect(new Set(texts).size).toBe(questions.length);
});

test("a long answer is made as it is read, of what there was when it was asked for", async () => {
  const asker = await filled(20, Buffer.alloc(300_000, "v"));
  const asked = asker.reading("/v1/kv/?recurse").answer();
  expect(Array.isArray(asked.body)).toBe(false);
  const pieces = asked.body[Symbol.iterator]();
  let text = String(pieces.next().value);
  expect(text.length).toBeLessThan(600_000);
  await asker.ask("PUT /v1/kv/app/7", "changed");
  await asker.ask("DELETE /v1/kv/app/8");
  for (let next = pieces.next(); !next.done; next = pieces.next()) text += next.value;
  const value = Buffer.alloc(300_000, "v").toString("base64");
  expect((JSON.parse(text) as { Value: string }[]).map(({ Value }) => Value === value)).toEqual(Array(20).fill(true));
});

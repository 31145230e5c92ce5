import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configOf } from "../config/support.js";
import { apiOf, chunksOf } from "./support.js";

const text = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
const EXAMPLE = /```console\n\$ curl -s (?:-X (\w+) )?'?http:\/\/localhost:8123([^\s']+)'?\n([\s\S]*?)```/g;
const examples = [...text.matchAll(EXAMPLE)].map(([, method = "GET", path = "", answer = ""]) => [
  method,
  path,
  answer,
]);
const listing = examples.find(([, path]) => path === "/v1/enumerate")?.[2] ?? "";

describe("docs/http-api.md", () => {
  test.each(examples)("%s %s answers as shown", async (method, path, answer) => {
    const config = configOf(method === "POST" ? { cache: { allowFlush: true } } : {});
    const { api } = apiOf({ enumerate: () => chunksOf([listing]), config: () => config });
    const response = await api.request(path, { method });
    expect(await response.json()).toEqual(JSON.parse(answer));
  });

  test("every route has its section", () => {
    const sections = new Set(
      [...text.matchAll(/^## GET (\S+)$/gm)].map(([, path]) => path.replace(/\{(\w+)\}/g, ":$1")),
    );
    const routes = new Set(
      apiOf()
        .api.routes.filter(({ method }) => method === "GET")
        .map(({ path }) => path),
    );
    expect(sections).toEqual(routes);
  });
});

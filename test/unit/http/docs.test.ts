import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { apiOf, chunksOf } from "./support.js";

const text = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
const examples = [...text.matchAll(/```console\n\$ curl -s http:\/\/localhost:8123(\S+)\n([\s\S]*?)```/g)];
const listing = examples.find(([, path]) => path === "/v1/enumerate")?.[2] ?? "";

describe("docs/http-api.md", () => {
  test.each(examples.map(([, path, answer]) => [path, answer]))("%s answers as shown", async (path, answer) => {
    const { api } = apiOf({ enumerate: () => chunksOf([listing]) });
    const response = await api.request(path);
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

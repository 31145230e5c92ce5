import { expect, test } from "vitest";
import { CatalogBoard } from "../../../src/http/catalog/board.js";
import { configOf } from "../config/support.js";
import { apiOf, BUILD, STATUS } from "./support.js";

test("the page shows version, readiness and counts, and links to the routes", async () => {
  const response = await apiOf().api.request("/");
  expect(response.headers.get("content-type")).toMatch(/^text\/html/);
  const text = await response.text();
  expect(text).toContain("Mesos-DNS 1.2.3");
  expect(text).toContain("Ready.");
  expect(text).toContain("192.0.2.1:5050");
  for (const path of ["/metrics", "/readyz", "/v1/axfr", "/v1/forward", "/v1/hosts/leader.mesos."]) {
    expect(text).toContain(`href="${path}"`);
  }
  expect(text).not.toContain("<script");
});

test("every link on the page leads somewhere", async () => {
  const { api } = apiOf();
  const text = await (await api.request("/")).text();
  const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, path]) => path);
  expect(links.length).toBeGreaterThan(8);
  for (const path of links) expect((await api.request(path)).status, path).toBe(200);
});

test("the page says why the server is not ready, and nothing in it is taken for markup", async () => {
  const status = {
    ...STATUS,
    build: undefined,
    failure: { code: "STATE_INVALID", message: "<b>what a master said</b>", at: 0 } as const,
  };
  const text = await (await apiOf({ status: () => status }).api.request("/")).text();
  expect(text).toContain("Not ready");
  expect(text).toContain("&lt;b&gt;what a master said&lt;/b&gt;");
  expect(text).not.toContain("<b>");
});

test("without enumeration the page does not offer it", async () => {
  const config = configOf({ EnumerationOn: false });
  const status = { ...STATUS, build: BUILD };
  const text = await (await apiOf({ config: () => config, status: () => status }).api.request("/")).text();
  expect(text).not.toContain("/v1/axfr");
});

test.each([
  ["with a catalogue the page links to it", true],
  ["without a catalogue the page does not offer it", false],
])("%s", async (_, isKept) => {
  const text = await (await apiOf({ catalog: new CatalogBoard(isKept) }).api.request("/")).text();
  for (const path of ["/v1/catalog", "/v1/catalog/nodes"]) expect(text.includes(`href="${path}"`)).toBe(isKept);
});

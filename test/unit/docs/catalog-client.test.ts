import { expect, test } from "vitest";
import { CatalogBoard } from "../../../src/http/catalog/board.js";
import { Followed } from "../http/catalog/support.js";
import { apiOf } from "../http/support.js";
import { read } from "./files.js";

const WEB = "/v1/catalog/services/marathon/web";

type Follow = (url: string, use: (service: unknown) => void) => Promise<never>;

/** The client that the page shows, with another `fetch` and another clock. */
function pagesClient(
  fetch: (url: string) => Promise<Response>,
  setTimeout: (go: () => void, ms: number) => void,
): Follow {
  const code = /```js\n(async function follow[\s\S]*?\n})\n/.exec(read("docs/http-api.md"))?.[1] ?? "";
  return new Function("fetch", "setTimeout", `return ${code}`)(fetch, setTimeout) as Follow;
}

test("the client that the page shows keeps the index, tells of changes once, and waits where there is no answer", async () => {
  const before = apiOf({ catalog: new CatalogBoard(true) }).api;
  const followed = new Followed();
  const { api } = apiOf({ catalog: followed.board });
  const index = String(followed.board.indexOf({ kind: "services" }));
  const gone = apiOf({ catalog: new CatalogBoard(false) }).api;
  const answers = [
    () => before.request(WEB),
    () => api.request(WEB),
    () => api.request(WEB),
    () => Promise.reject(new Error("connection refused")),
    () => new Response("{}", { headers: { "X-Mesos-DNS-Index": "7" } }),
    () => api.request("/v1/catalog/services/marathon/nobody"),
    () => gone.request(WEB),
  ];
  const asked: string[] = [];
  const waited: number[] = [];
  const used: unknown[] = [];
  await new Promise<void>((resolve) => {
    const fetch = async (url: string) => {
      const answer = answers[asked.push(url) - 1];
      if (answer) return answer();
      resolve();
      return new Promise<never>(() => {});
    };
    const client = pagesClient(fetch, (go, ms) => {
      waited.push(ms);
      go();
    });
    void client("web", (service) => used.push(service));
  });
  expect(waited).toEqual([1_000, 5_000, 5_000]);
  expect(used).toEqual([expect.objectContaining({ name: "web" }), {}, undefined]);
  const indexes = asked.map((url) => /^web\?index=(\d+)&wait=1m$/.exec(url)?.[1]);
  expect(indexes).toEqual(["0", "0", index, index, index, "7", expect.stringMatching(/^\d{16}$/), expect.anything()]);
});

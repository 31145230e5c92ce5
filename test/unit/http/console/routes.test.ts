import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Question } from "../../../../src/console/questions.js";
import { loadAssets } from "../../../../src/http/console/assets.js";
import type { ApiContext } from "../../../../src/http/context.js";
import { configOf } from "../../config/support.js";
import { apiOf, BUILD, STATUS } from "../support.js";

const SCRIPT = "console-0123456789ab.js";
const STYLE = "console-ba9876543210.css";

function assetsOf(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-assets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text));
  }
  return loadAssets(pathToFileURL(`${folder}/`));
}

function setUp(
  changes: Partial<ApiContext> = {},
  answer: (question: Question) => Promise<string | undefined> = async () => "{}",
) {
  const assets = assetsOf({ [SCRIPT]: "alert(1)", [STYLE]: "body {}" });
  const asked: Question[] = [];
  const console = {
    assets: () => assets,
    ask: (question: Question) => {
      asked.push(question);
      return answer(question);
    },
    consul: () => undefined,
  };
  const { api } = apiOf({ console, ...changes });
  const get = (path: string, headers: Record<string, string> = {}) => api.request(path, { headers });
  const status = async (path: string) => (await get(path)).status;
  return { asked, get, status };
}

const configured = (given: Readonly<Record<string, unknown>>) => {
  const config = configOf(given);
  return { config: () => config };
};

describe("the page at /", () => {
  test("is the console, which may load nothing but its own files", async () => {
    const response = await setUp().get("/");
    const text = await response.text();
    expect(text).toContain(`<script type="module" src="/console/${SCRIPT}"></script>`);
    expect(text).toContain(`<link rel="stylesheet" href="/console/${STYLE}" />`);
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("cache-control")).toBe("no-cache");
  });

  test("has the plain page inside for browsers without scripts, and it is also at /plain", async () => {
    const { get } = setUp();
    const text = await (await get("/")).text();
    expect(text).toMatch(/<noscript>[\s\S]*Mesos-DNS 1\.2\.3[\s\S]*href="\/metrics"[\s\S]*<\/noscript>/);
    expect(await (await get("/plain")).text()).not.toContain("<script");
  });

  test("escapes what the configuration and masters say", async () => {
    const failure = { code: "STATE_INVALID", message: "<b>what a master said</b>", at: 0 } as const;
    const text = await (await setUp({ status: () => ({ ...STATUS, build: undefined, failure }) }).get("/")).text();
    expect(text).toContain("&lt;b&gt;what a master said&lt;/b&gt;");
    expect(text).not.toContain("<b>");
  });

  test("is the plain page without a console, and where the program has not been built", async () => {
    for (const { get } of [
      setUp(configured({ console: false })),
      setUp({ console: { assets: () => undefined, ask: async () => "", consul: () => undefined } }),
    ]) {
      const text = await (await get("/")).text();
      expect(text).toContain("Mesos-DNS 1.2.3");
      expect(text).not.toContain("<script");
    }
  });
});

describe("the console's files", () => {
  test("may be kept for ever, as another content has another name", async () => {
    const { get } = setUp();
    const response = await get(`/console/${SCRIPT}`);
    expect(await response.text()).toBe("alert(1)");
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(response.headers.get("cache-control")).toContain("immutable");
    const etag = response.headers.get("etag") ?? "";
    expect((await get(`/console/${SCRIPT}`, { "if-none-match": etag })).status).toBe(304);
  });

  test("are sent gzipped to those who take that", async () => {
    const response = await setUp().get(`/console/${STYLE}`, { "accept-encoding": "br, gzip" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(Buffer.from(await response.arrayBuffer())).toString()).toBe("body {}");
  });

  test("are these alone", async () => {
    const { status } = setUp();
    for (const path of ["nothing.js", "..%2f..%2fetc%2fpasswd", `${SCRIPT}.gz`]) {
      expect(await status(`/console/${path}`), path).toBe(404);
    }
  });
});

describe("questions", () => {
  test("are passed on as they are meant", async () => {
    const { get, asked } = setUp();
    await get("/v1/console/search?q=web&limit=5");
    await get("/v1/console/tasks?q=a%20b&framework=marathon&agent=S0&health=unhealthy&offset=200&limit=100");
    await get("/v1/console/task?framework=F0&id=web.1");
    await get("/v1/console/name?name=web.marathon.mesos");
    expect(asked).toEqual([
      { kind: "search", text: "web", limit: 5 },
      {
        kind: "tasks",
        text: "a b",
        offset: 200,
        limit: 100,
        framework: "marathon",
        agentId: "S0",
        health: "unhealthy",
      },
      { kind: "task", frameworkId: "F0", id: "web.1" },
      { kind: "name", name: "web.marathon.mesos" },
    ]);
  });

  test.each([
    ["search", "q is missing: the text to search for"],
    [`names?q=${"x".repeat(301)}`, "q has at most 300 characters"],
    ["names?limit=501", "limit is an integer from 1 to 500"],
    ["names?limit=0", "limit is an integer from 1 to 500"],
    ["names?offset=-1", "offset is an integer from 0 to 10000000"],
    ["names?offset=1e3", "offset is an integer from 0 to 10000000"],
    ["tasks?health=ill", "health is one of healthy, unhealthy, unknown"],
  ])("%s is refused: %s", async (path, error) => {
    const { get, asked } = setUp();
    const response = await get(`/v1/console/${path}`);
    expect([response.status, await response.json(), asked]).toEqual([400, { error }, []]);
  });

  test("are 404 for what there is not, and 503 while there is no answer", async () => {
    expect(await setUp({}, async () => undefined).status("/v1/console/agent?id=S9")).toBe(404);
    const busy = await setUp({}, () => Promise.reject(new Error("64 questions wait"))).get("/v1/console/agents");
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await busy.json()).toEqual({ error: "no answer at the moment: 64 questions wait" });
  });

  test("are not answered with EnumerationOn false, as tasks are not listed then", async () => {
    const { status, asked } = setUp(configured({ EnumerationOn: false }));
    for (const path of ["search?q=a", "tasks", "name?name=a", "left-out"]) {
      expect(await status(`/v1/console/${path}`), path).toBe(403);
    }
    expect(asked).toEqual([]);
  });

  test("are 404 without a console", async () => {
    const { status, asked } = setUp(configured({ console: false }));
    for (const path of ["/v1/console/tasks", "/v1/console/features", "/v1/console/left-out", `/console/${SCRIPT}`]) {
      expect(await status(path), path).toBe(404);
    }
    expect(asked).toEqual([]);
  });
});

test("what is left out is listed with its reasons", async () => {
  const skipped = Array.from({ length: 600 }, (_, i) => {
    return { kind: "task", id: `t${i}`, reason: "no_address", detail: "none" } as const;
  });
  const response = await setUp({ status: () => ({ ...STATUS, build: { ...BUILD, skipped } }) }).get(
    "/v1/console/left-out",
  );
  const { total, rows } = (await response.json()) as { total: number; rows: unknown[] };
  expect([total, rows.length, rows[0]]).toEqual([600, 500, skipped[0]]);
});

test("features say which pages there are", async () => {
  const features = async (given: Readonly<Record<string, unknown>>) =>
    (await setUp(configured(given)).get("/v1/console/features")).json();
  expect(await features({})).toMatchObject({
    version: "1.2.3",
    domain: "mesos",
    lists: true,
    facts: false,
    forwarding: true,
    vips: false,
    health: false,
    lb: false,
    consul: null,
    zones: [{ name: "mesos" }],
  });
  const consul = { enabled: true, httpPort: 8500, token: "secret-of-consul-1" };
  const more = await features({ catalog: true, vips: { names: true }, consul, externalon: false });
  expect(more).toMatchObject({ facts: true, forwarding: false, vips: true, consul: { isOpen: false, port: 8500 } });
  expect(JSON.stringify(more)).not.toContain("secret-of");
});

test("there is nothing of a load balancer where none is configured", async () => {
  const response = await setUp().get("/v1/console/lb");
  expect([response.status, await response.json()]).toEqual([
    404,
    { error: "there is no load balancer: lb.enabled is false" },
  ]);
});

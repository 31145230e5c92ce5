import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemTimers } from "../../../../src/base/timers.js";
import type { ConsulSettings } from "../../../../src/config/consul.js";
import { ConsulApi } from "../../../../src/http/consul/api.js";
import { BlockedRequests } from "../../../../src/http/consul/blocked.js";
import { Topics } from "../../../../src/http/consul/catalog/topics.js";
import type { ConsulEndpoint, Reading } from "../../../../src/http/consul/endpoint.js";
import { refusingEndpoints } from "../../../../src/http/consul/refusals.js";
import { ConsulStats } from "../../../../src/http/consul/stats.js";
import { type HttpServer, startHttp } from "../../../../src/http/server.js";
import { Rendering } from "../../../../src/http/waiting/renderings.js";
import { ManualTimers } from "../../../support/timers.js";
import { until } from "../../../support/wait.js";
import { CONSUL } from "../../config/support.js";

const LONG = JSON.stringify("long ".repeat(2_000));
const agents = new Set<http.Agent>();

/** A value that changes when a test says so. */
class Value {
  readonly topics = new Topics();
  index = 7;

  get reading(): Reading {
    return {
      index: () => this.index,
      answer: () => ({ status: 200, type: "json", index: this.index, body: [`[${this.index}]`] }),
      watch: (listener) => this.topics.watch("value", listener),
    };
  }

  change(): void {
    this.index++;
    this.topics.tell(["value"]);
  }
}

let value: Value;
let written: Buffer | undefined;
let contact = { hasLeader: true, age: 0 };
let settings: ConsulSettings;
let blocked: BlockedRequests;
let stats: ConsulStats;
let server: HttpServer;

function* numbers(): Generator<string> {
  yield "[0";
  for (let i = 1; i < 20_000; i++) yield `,${i}`;
  yield "]";
}

function* endless(): Generator<string> {
  for (;;) yield LONG;
}

const put = ({ body }: { readonly body: Buffer }) => {
  written = body;
  return { status: 200, type: "json" as const, body: ["true"] };
};

const endpoints = (): readonly ConsulEndpoint[] => [
  ...refusingEndpoints(),
  { path: "/v1/catalog/services", GET: () => value.reading },
  { path: "/v1/catalog/long", GET: () => ({ status: 200, type: "json", index: 3, body: [LONG] }) },
  { path: "/v1/catalog/endless", GET: () => ({ status: 200, type: "json", index: 3, body: endless() }) },
  { path: "/v1/catalog/numbers", GET: () => ({ status: 200, type: "json", index: 3, body: numbers() }) },
  {
    path: "/v1/catalog/shared",
    GET: () => {
      const rendering = new Rendering(3, Buffer.from(LONG));
      return { status: 200, type: "json", index: 3, body: [rendering.body], rendering };
    },
  },
  {
    path: "/v1/catalog/broken",
    GET: () => {
      throw new Error("a fault in the program");
    },
  },
  {
    path: "/v1/agent/service/",
    GET: () => ({
      isHashed: true,
      index: () => 1,
      watch: (listener) => value.topics.watch("value", listener),
      answer: () => ({ status: 200, type: "json", body: [value.index > 8 ? '"new"' : '"old"'] }),
    }),
  },
  { path: "/v1/status/leader", GET: () => ({ status: 200, type: "json", body: ['"192.0.2.1:8300"'] }) },
  {
    path: "/v1/kv/",
    GET: ({ rest }) => ({ status: 200, type: "raw", index: 9, body: [Buffer.from(rest)] }),
    PUT: put,
    maxBody: 100_000,
  },
];

const parts = () => ({
  endpoints: endpoints(),
  settings: () => settings,
  contact: () => contact,
  blocked,
  stats,
  timers: systemTimers,
  random: () => 0,
  log: { error: () => undefined },
});

beforeEach(async () => {
  value = new Value();
  written = undefined;
  contact = { hasLeader: true, age: 0 };
  settings = CONSUL as ConsulSettings;
  stats = new ConsulStats();
  blocked = new BlockedRequests({ timers: systemTimers, later: setImmediate, limits: { all: 5, perAddress: 3 } });
  server = await startHttp({ waits: new ConsulApi(parts()), host: "127.0.0.1", port: 0 });
});

afterEach(async () => {
  blocked.close();
  for (const agent of agents) agent.destroy();
  agents.clear();
  await server.close();
});

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Over a connection of its own. */
function ask(path: string, { method = "GET", headers = {}, body }: Question = {}): Promise<Answer> {
  const agent = new http.Agent();
  agents.add(agent);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: "127.0.0.1", port: server.port, path, method, headers, agent },
      async (response) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of response) chunks.push(chunk);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        } catch (error) {
          reject(error);
        }
      },
    );
    request.on("error", reject).end(body);
  });
}

const text = async (path: string, question?: Question) => {
  const { status, body } = await ask(path, question);
  return `${status} ${body}`;
};

describe("every answer", () => {
  test("of what can be waited for says its index and how fresh it is", async () => {
    const { headers } = await ask("/v1/catalog/services?stale=");
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "x-consul-index": "7",
      "x-consul-knownleader": "true",
      "x-consul-lastcontact": "0",
      "x-consul-effective-consistency": "stale",
      "x-consul-query-backend": "blocking-query",
      "x-consul-default-acl-policy": "allow",
    });
    contact = { hasLeader: false, age: 12_345.6 };
    expect((await ask("/v1/catalog/services")).headers).toMatchObject({
      "x-consul-knownleader": "false",
      "x-consul-lastcontact": "12346",
    });
    expect((await ask("/v1/catalog/services?cached")).headers["x-cache"]).toBe("MISS");
    expect((await ask("/v1/status/leader")).headers["x-consul-index"]).toBeUndefined();
  });

  test.each(["/v1/catalog/long", "/v1/catalog/shared", "/v1/catalog/numbers"])(
    "of %s comes gzipped to who wants it",
    async (path) => {
      const plain = await ask(path);
      const packed = await ask(path, { headers: { "accept-encoding": "gzip" } });
      expect(packed.headers["content-encoding"]).toBe("gzip");
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
      expect(plain.headers["content-encoding"]).toBeUndefined();
      const refusing = await ask(path, { headers: { "accept-encoding": "gzip;q=0" } });
      expect(refusing.headers["content-encoding"]).toBeUndefined();
    },
  );

  test("is indented if it shall be, but for what is no JSON", async () => {
    expect(await text("/v1/catalog/services?pretty")).toBe("200 [\n    7\n]\n");
    expect(await text("/v1/kv/[1]?pretty")).toBe("200 [1]");
  });

  test("has no body to HEAD", async () => {
    const { status, headers, body } = await ask("/v1/catalog/services", { method: "HEAD" });
    expect([status, headers["content-length"], headers["x-consul-index"], body.length]).toEqual([200, "3", "7", 0]);
  });

  test("with what somebody has stored is nothing that a browser runs", async () => {
    const { headers } = await ask("/v1/kv/%3Cscript%3E");
    expect(headers).toMatchObject({ "content-type": "text/plain", "x-content-type-options": "nosniff" });
  });
});

describe("a refusal is one line of text:", () => {
  test.each([
    ["/v1/catalog/services?index=x", {}, "400 Invalid index"],
    ["/v1/catalog/services?dc=dc9", {}, "500 No path to datacenter"],
    ["/v1/kv/%zz", {}, "400 Invalid path: it cannot be decoded"],
    ["/v1/nothing", {}, "404 "],
    ["/", {}, "404 "],
    ["/v1/catalog/services", { method: "PUT" }, "405 method PUT not allowed"],
    ["/v1/catalog/services", { method: "PATCH" }, "405 method PATCH not allowed"],
    ["/v1/acl/token/self", {}, "401 ACL support disabled"],
    ["/v1/connect/ca/roots", {}, "500 Connect must be enabled in order to use this endpoint"],
    ["/v1/catalog/broken", {}, "500 internal error"],
  ])("%s %j", async (path, question, expected) => {
    expect(await text(path, question)).toBe(expected);
  });

  test("registration says where services come from", async () => {
    const { status, headers, body } = await ask("/v1/agent/service/register", { method: "PUT", body: "{}" });
    expect([status, headers["content-type"]]).toEqual([403, "text/plain; charset=utf-8"]);
    expect(String(body)).toMatch(/tasks of Mesos/);
  });

  test("and a wrong method is told the right ones", async () => {
    expect((await ask("/v1/kv/a", { method: "POST" })).headers.allow).toBe("OPTIONS,GET,PUT");
    const { status, headers, body } = await ask("/v1/kv/a", { method: "OPTIONS" });
    expect([status, headers.allow, body.length]).toEqual([200, "OPTIONS,GET,PUT", 0]);
  });

  test("an untidy path is redirected, with its parameters", async () => {
    const { status, headers } = await ask("/v1/kv/a//b?raw");
    expect([status, headers.location]).toEqual([301, "/v1/kv/a/b?raw"]);
  });
});

describe("a write", () => {
  test("hands on its body", async () => {
    expect(await text("/v1/kv/a", { method: "PUT", body: "hello" })).toBe("200 true");
    expect(String(written)).toBe("hello");
  });

  test("from elsewhere is refused, and counted", async () => {
    settings = { ...settings, allowWrite: ["192.0.2.0/24"] };
    expect(await text("/v1/kv/a", { method: "PUT", body: "x", headers: { "x-forwarded-for": "192.0.2.1" } })).toBe(
      "403 Access is restricted",
    );
    expect([written, stats.refusedWrites]).toEqual([undefined, 1]);
  });

  test.each([
    ["that is announced", { "content-length": "100001" }],
    ["that comes in pieces", { "transfer-encoding": "chunked" }],
  ])("that is too large is 413, also one %s, and the connection goes on", async (_, headers) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    agents.add(agent);
    const send = (body: Buffer, more: Readonly<Record<string, string>>) =>
      new Promise<number>((resolve, reject) => {
        const options = { host: "127.0.0.1", port: server.port, path: "/v1/kv/a", method: "PUT", headers: more, agent };
        const request = http.request(options, (response) => {
          response.resume().once("end", () => resolve(response.statusCode ?? 0));
        });
        request.on("error", reject).end(body);
      });
    expect(await send(Buffer.alloc(100_001), headers)).toBe(413);
    expect(written).toBeUndefined();
    expect(await send(Buffer.alloc(100_000), {})).toBe(200);
    expect(written).toHaveLength(100_000);
  });

  test("that asks first is told before it sends anything", async () => {
    const socket = net.connect(server.port, "127.0.0.1");
    socket.write("PUT /v1/kv/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n");
    const [first] = await once(socket, "data");
    expect(String(first)).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
    const second = net.connect(server.port, "127.0.0.1");
    second.write("PUT /v1/kv/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    expect(String((await once(second, "data"))[0])).toMatch(/^HTTP\/1.1 100 /);
    second.write("ab");
    expect(String((await once(second, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
    second.destroy();
  });

  test("that breaks off changes nothing", async () => {
    const socket = net.connect(server.port, "127.0.0.1");
    socket.write("PUT /v1/kv/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    await once(socket, "connect");
    socket.destroy();
    expect(await text("/v1/status/leader")).toMatch(/^200/);
    expect(written).toBeUndefined();
  });
});

describe("a request with an index", () => {
  const isWaiting = (count: number) => until(`${count} requests wait`, async () => blocked.size === count);

  test("waits for a larger one", async () => {
    let isOver = false;
    const waiting = text("/v1/catalog/services?index=7&wait=30s").finally(() => {
      isOver = true;
    });
    await isWaiting(1);
    expect(isOver).toBe(false);
    value.change();
    expect(await waiting).toBe("200 [8]");
  });

  test("is answered at once where there is a larger one already", async () => {
    expect(await text("/v1/catalog/services?index=6&wait=30s")).toBe("200 [7]");
    expect(await text("/v1/catalog/services?index=0&wait=30s")).toBe("200 [7]");
  });

  test("is answered as ever when its time is over", async () => {
    expect(await text("/v1/catalog/services?index=7&wait=50ms")).toBe("200 [7]");
    expect(await text("/v1/catalog/services?index=999&wait=50ms")).toBe("200 [7]");
  });

  test("of the future is not woken by an index that is smaller still", async () => {
    const waiting = text("/v1/catalog/services?index=9&wait=30s");
    await isWaiting(1);
    value.change();
    expect(blocked.size).toBe(1);
    value.change();
    expect(blocked.size).toBe(1);
    value.change();
    expect(await waiting).toBe("200 [10]");
  });

  test("leaves nothing behind when its client goes", async () => {
    const socket = net.connect(server.port, "127.0.0.1");
    socket.write("GET /v1/catalog/services?index=7&wait=30s HTTP/1.1\r\nHost: a\r\n\r\n");
    await isWaiting(1);
    socket.destroy();
    await isWaiting(0);
    value.change();
  });

  test("gets 429 where too many wait, and no other request does", async () => {
    const waiting = [1, 2, 3].map(() => text("/v1/catalog/services?index=7&wait=30s"));
    await isWaiting(3);
    expect(await text("/v1/catalog/services?index=7&wait=30s")).toMatch(/^429 3 requests of one client wait/);
    expect(await text("/v1/catalog/services")).toBe("200 [7]");
    expect(stats.refusedWaits).toBe(1);
    value.change();
    expect(await Promise.all(waiting)).toEqual(["200 [8]", "200 [8]", "200 [8]"]);
    const again = text("/v1/catalog/services?index=8&wait=30s");
    await isWaiting(1);
    value.change();
    expect(await again).toBe("200 [9]");
  });

  test("is answered with what there is when the server stops", async () => {
    const waiting = ask("/v1/catalog/services?index=7&wait=30s");
    await isWaiting(1);
    blocked.close();
    const { status, headers, body } = await waiting;
    expect([status, headers.connection, String(body)]).toEqual([200, "close", "[7]"]);
    expect(await text("/v1/catalog/services?index=7&wait=30s")).toBe("200 [7]");
  });
});

test("a request with a hash waits for another answer, whatever else changes", async () => {
  const { headers, body } = await ask("/v1/agent/service/own?index=9&wait=30s");
  expect([String(body), headers["x-consul-index"]]).toEqual(['"old"', undefined]);
  const hash = String(headers["x-consul-contenthash"]);
  const waiting = ask(`/v1/agent/service/own?hash=${hash}&wait=30s`);
  await until("it waits", async () => blocked.size === 1);
  value.change();
  expect(blocked.size).toBe(1);
  value.change();
  expect(String((await waiting).body)).toBe('"new"');
  expect((await ask(`/v1/agent/service/own?hash=${hash}&wait=30s`)).headers["x-consul-contenthash"]).not.toBe(hash);
});

test("a client that does not take its answer is cut off after a minute", async () => {
  const timers = new ManualTimers();
  const slow = new ConsulApi({ ...parts(), timers });
  const other = await startHttp({ waits: slow, host: "127.0.0.1", port: 0 });
  const socket = net.connect(other.port, "127.0.0.1");
  const errors: unknown[] = [];
  socket.on("error", (error) => errors.push(error));
  socket.pause().write("GET /v1/catalog/endless HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("the answer begins", async () => timers.pending === 1);
  await timers.advance(59_000);
  expect([socket.destroyed, timers.pending]).toEqual([false, 1]);
  await timers.advance(2_000);
  socket.resume();
  await until("the connection ends", async () => socket.destroyed);
  await other.close();
});

test("requests are counted by kind and status, and by nothing that a client chooses", async () => {
  await ask("/v1/catalog/services");
  await ask("/v1/catalog/services?index=x");
  await ask("/v1/whatever/it/is");
  await ask("/v1/other");
  await ask("/v1/kv/a");
  expect([...stats.requests].toSorted()).toEqual([
    ["catalog", 200, 1],
    ["catalog", 400, 1],
    ["kv", 200, 1],
    ["other", 404, 2],
  ]);
});

test("a request with two hosts, or none that is HTTP, is none", async () => {
  const raw = async (message: string) => {
    const socket = net.connect(server.port, "127.0.0.1");
    socket.end(message);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return String(Buffer.concat(chunks)).slice(0, 12);
  };
  expect(await raw("GET /v1/status/leader HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")).toBe("HTTP/1.1 400");
  expect(await raw("nonsense\r\n\r\n")).toBe("HTTP/1.1 400");
  expect(await raw(`GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`)).toBe("HTTP/1.1 431");
  expect(await raw("GET http://a.example/v1/status/leader?x HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("HTTP/1.1 200");
});

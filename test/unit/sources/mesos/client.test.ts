import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../src/base/errors.js";
import type { HostPort } from "../../../../src/base/host-port.js";
import { systemTimers } from "../../../../src/base/timers.js";
import type { Config } from "../../../../src/config/config.js";
import { type BodyReader, MasterClient } from "../../../../src/sources/mesos/client.js";
import { KnownTasks } from "../../../../src/sources/mesos/known-tasks.js";
import { StateParser } from "../../../../src/sources/mesos/state.js";
import { ScriptedMaster, type ScriptedMasterOptions } from "../../../support/scripted-master.js";
import { ManualTimers } from "../../../support/timers.js";
import { selfSigned } from "./certificate.js";
import { configFor } from "./support.js";

const never = new AbortController().signal;
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function startMaster(options: ScriptedMasterOptions = {}): Promise<ScriptedMaster> {
  const master = await ScriptedMaster.start(options);
  cleanUp.push(() => master.stop());
  return master;
}

function clientFor(settings: Partial<Config> = {}, timers = systemTimers): MasterClient {
  const client = new MasterClient(configFor(settings), { timers, wallClock: Date.now });
  cleanUp.push(() => client.close());
  return client;
}

/** Writes each text to a file. @returns the paths */
function files(texts: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-client-"));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return [name, join(folder, name)];
    }),
  );
}

/** Reads a body as text. */
function textReader(): BodyReader<string> {
  const parts: Uint8Array[] = [];
  return { add: (part) => parts.push(part), end: () => Buffer.concat(parts).toString() };
}

const fetchState = (client: MasterClient, master: HostPort, signal = never) =>
  client.fetchState(master, signal, textReader());

async function fetchText(client: MasterClient, master: ScriptedMaster): Promise<string> {
  return (await fetchState(client, master)).content;
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("a master's state", () => {
  it("is fetched from /master/state, asking for gzip", async () => {
    const master = await startMaster();
    master.answer({ body: '{"a":1}' });
    const { content, bytes, from } = await fetchState(clientFor(), master);
    expect([content, bytes]).toEqual(['{"a":1}', 7]);
    expect(from).toMatchObject({ host: "127.0.0.1", port: master.port });
    expect(master.requests).toMatchObject([
      { method: "GET", path: "/master/state", headers: { "accept-encoding": "gzip", accept: "application/json" } },
    ]);
    expect(master.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("may be gzipped and of any size, and of another size the next time", async () => {
    const master = await startMaster();
    const client = clientFor({ stateMaxBytes: 10_000_000 });
    for (const size of [10, 3_000_000, 300_000, 5_000_000, 0]) {
      const body = JSON.stringify("x".repeat(size));
      for (const gzip of [true, false]) {
        master.answer({ body, gzip });
        expect(await fetchText(client, master)).toBe(body);
      }
    }
  });

  it.each(["application/json; charset=utf-8", "Application/JSON", "text/json"])(
    "may have the content type %s",
    async (contentType) => {
      const master = await startMaster();
      master.answer({ body: "{}", contentType });
      expect(await fetchText(clientFor(), master)).toBe("{}");
    },
  );

  it("is requested from the path of old masters after a 404, and from then on there first", async () => {
    const master = await startMaster({ paths: ["/master/state.json"] });
    master.answer({ body: "{}" });
    const client = clientFor();
    await fetchText(client, master);
    await fetchText(client, master);
    const paths = master.requests.map(({ path }) => path);
    expect(paths).toEqual(["/master/state", "/master/state.json", "/master/state.json"]);
  });

  it("is still found after an old master has been upgraded", async () => {
    const master = await startMaster({ paths: ["/master/state.json", "/master/state"] });
    let old = "/master/state";
    master.answer(({ path }) => (path === old ? { status: 404 } : { body: "{}" }));
    const client = clientFor();
    await fetchText(client, master);
    old = "/master/state.json";
    await fetchText(client, master);
    await fetchText(client, master);
    expect(master.requests.map(({ path }) => path).slice(2)).toEqual([
      "/master/state.json",
      "/master/state",
      "/master/state",
    ]);
  });
});

describe("a state that is refused", () => {
  it.each([
    [{ contentType: "text/html", body: "{}" }, "STATE_CONTENT_TYPE", 'answered with content type "text/html"'],
    [{ contentType: "", body: "{}" }, "STATE_CONTENT_TYPE", 'answered with content type ""'],
    [{ headers: { "content-encoding": "br" }, body: "{}" }, "STATE_CONTENT_TYPE", 'answered in encoding "br"'],
    [{ status: 503 }, "MASTER_STATUS", "answered 503: it knows no leader or is still recovering"],
    [{ status: 500 }, "MASTER_STATUS", "answered 500"],
    [{ status: 404 }, "MASTER_STATUS", "answered 404; is it a Mesos master?"],
    [{ status: 401 }, "MASTER_STATUS", "answered 401; check mesosAuthentication and the credentials"],
    [{ status: 307 }, "MASTER_STATUS", "redirects to no usable address"],
    [{ status: 307, headers: { location: "ftp://192.0.2.1/" } }, "MASTER_STATUS", "redirects to no usable address"],
    [{ body: "x".repeat(1001) }, "STATE_TOO_LARGE", "larger than 1000 bytes; if the cluster is that large, raise"],
    [{ body: "x".repeat(1001), gzip: true }, "STATE_TOO_LARGE", "larger than 1000 bytes"],
    [{ body: "x".repeat(900), cutAfter: 500 }, "MASTER_UNREACHABLE", "closed the connection before the end"],
    [{ body: "no gzip", headers: { "content-encoding": "gzip" } }, "STATE_INVALID", "is not valid gzip"],
  ])("names the master and the reason: %j", async (answer, code, message) => {
    const master = await startMaster();
    master.answer(answer);
    const fetched = fetchState(clientFor({ stateMaxBytes: 1000 }), master);
    await expect(fetched).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(fetched).rejects.toThrow(`Mesos master 127.0.0.1:${master.port}`);
  });

  it.each(["add", "end"] as const)("by the reader's %s() names the master too", async (step) => {
    const master = await startMaster();
    master.answer({ body: "{}" });
    const refuse = () => {
      throw new MesosDnsError("MASTER_NOT_LEADING", "the state names no leader");
    };
    const fetched = clientFor().fetchState(master, never, { ...textReader(), [step]: refuse });
    await expect(fetched).rejects.toMatchObject({
      code: "MASTER_NOT_LEADING",
      message: `Mesos master 127.0.0.1:${master.port}: the state names no leader`,
    });
  });

  it("is not read further than its limit when it comes without a length", async () => {
    const master = await startMaster();
    master.answer({ body: "x".repeat(5_000_000), trickle: { bytes: 100_000, everyMs: 0 } });
    await expect(fetchState(clientFor(), master)).rejects.toMatchObject({ code: "STATE_TOO_LARGE" });
  });

  it.each([
    ["STATE_TOO_LARGE", "", 1_500_000],
    ["STATE_INVALID", '{"slaves":[,', 400_000],
    ["MASTER_NOT_LEADING", '{"slaves":[],"frameworks":[],"x":"', 400_000],
  ])("is refused for the same reason when gzipped, whatever its size: %s", async (code, start, size) => {
    const master = await startMaster();
    const body = `${start || '{"x":"'}${randomBytes(size).toString("hex")}"}`;
    for (const gzip of [false, true]) {
      master.answer({ body, gzip });
      const fetched = clientFor({ stateMaxBytes: 1_000_000 }).fetchState(
        master,
        never,
        new StateParser(new KnownTasks()),
      );
      const failure = await fetched.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect((failure as MesosDnsError | undefined)?.code).toBe(code);
    }
  });

  it("leaves the client able to fetch the next", async () => {
    const master = await startMaster();
    const client = clientFor({ stateMaxBytes: 1000 });
    for (const answer of [{ body: "x".repeat(2000) }, { body: "x".repeat(900), cutAfter: 1 }, { status: 500 }]) {
      master.answer(answer);
      await expect(fetchState(client, master)).rejects.toThrow();
      master.answer({ body: "{}" });
      expect(await fetchText(client, master)).toBe("{}");
    }
  });

  it("is reported if the master refuses the connection", async () => {
    const port = await unusedPort();
    await expect(fetchState(clientFor(), { host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "MASTER_UNREACHABLE",
      message: `cannot reach Mesos master 127.0.0.1:${port}: the connection was refused`,
    });
  });
});

describe("a response that does not end", () => {
  it.each([
    ["never answers", { silent: true }],
    ["trickles", { body: "x".repeat(1000), trickle: { bytes: 1, everyMs: 5 } }],
  ])("of a master that %s is aborted when the time for the whole fetch is over", async (_, answer) => {
    const master = await startMaster();
    master.answer(answer);
    const timers = new ManualTimers();
    const fetched = fetchState(clientFor({ stateTimeoutSeconds: 5 }, timers), master);
    const refused = expect(fetched).rejects.toMatchObject({
      code: "MASTER_TIMEOUT",
      message: `Mesos master 127.0.0.1:${master.port} did not deliver its state within 5 s`,
    });
    await expect.poll(() => master.requests.length).toBe(1);
    await timers.advance(5000);
    await refused;
    expect(timers.pending).toBe(0);
  });

  it("is aborted by the caller's signal, with its reason", async () => {
    const master = await startMaster();
    master.answer({ silent: true });
    const caller = new AbortController();
    const fetched = fetchState(clientFor(), master, caller.signal);
    const stopped = expect(fetched).rejects.toThrow("stopping");
    await expect.poll(() => master.requests.length).toBe(1);
    caller.abort(new Error("stopping"));
    await stopped;
  });
});

describe("a redirect", () => {
  it("leads to the leader, which gets the credentials too", async () => {
    const [follower, leader] = [await startMaster(), await startMaster()];
    for (const master of [follower, leader]) master.requireBasic("mesos-dns", "secret");
    follower.redirectTo(leader);
    leader.answer({ body: "{}" });
    const mesosCredentials = { principal: "mesos-dns", secret: "secret" };
    const client = clientFor({ mesosAuthentication: "basic", mesosCredentials });
    expect((await fetchState(client, follower)).from).toEqual({ host: "127.0.0.1", port: leader.port });
  });

  it("to a master that fails names both", async () => {
    const [follower, leader] = [await startMaster(), await startMaster()];
    follower.redirectTo(leader);
    await expect(fetchState(clientFor(), follower)).rejects.toThrow(
      `Mesos master 127.0.0.1:${leader.port} (to which 127.0.0.1:${follower.port} redirects) answered 503`,
    );
  });

  it("is followed three times and no more", async () => {
    const master = await startMaster();
    master.redirectTo(master);
    await expect(fetchState(clientFor(), master)).rejects.toThrow("redirects more than 3 times");
    expect(master.requests).toHaveLength(4);
  });

  it("from https to http is refused, so that credentials stay secret", async () => {
    const { key, cert } = selfSigned();
    const [follower, leader] = [await startMaster({ tls: { key, cert } }), await startMaster()];
    follower.answer({ status: 307, headers: { location: `http://${leader.address}/master/state` } });
    const { ca = "" } = files({ ca: cert });
    await expect(fetchState(clientFor({ mesosHTTPSOn: true, CACertFile: ca }), follower)).rejects.toMatchObject({
      code: "MASTER_STATUS",
      message: expect.stringContaining("redirects from https to http"),
    });
    expect(leader.requests).toEqual([]);
  });
});

describe("a master with TLS", () => {
  it("is trusted if its certificate is signed by CACertFile, and receives CertFile", async () => {
    const [server, client] = [selfSigned(), selfSigned()];
    const master = await startMaster({ tls: { ...server, ca: client.cert } });
    master.answer({ body: "{}" });
    const paths = files({ ca: server.cert, cert: client.cert, key: client.key });
    const settings = { CACertFile: paths.ca ?? "", CertFile: paths.cert ?? "", KeyFile: paths.key ?? "" };
    expect(await fetchText(clientFor({ mesosHTTPSOn: true, ...settings }), master)).toBe("{}");
  });

  it("is not trusted otherwise", async () => {
    const master = await startMaster({ tls: selfSigned() });
    await expect(fetchState(clientFor({ mesosHTTPSOn: true }), master)).rejects.toMatchObject({
      code: "MASTER_UNREACHABLE",
      message: expect.stringMatching(/its certificate is not accepted \(.+\); check CACertFile/),
    });
  });

  it("is not asked if a certificate file cannot be used, which is named", () => {
    const { key, cert } = selfSigned();
    const { a = "", b = "", text = "" } = files({ a: cert, b: selfSigned().key, text: `no PEM ${key.slice(30, 60)}` });
    const refused = (message: string) =>
      expect.objectContaining({ code: "CREDENTIALS_UNREADABLE", message: expect.stringContaining(message) });
    expect(() => clientFor({ CACertFile: "/does/not/exist" })).toThrow(refused("CACertFile cannot be read: ENOENT"));
    expect(() => clientFor({ CertFile: a, KeyFile: b })).toThrow(refused("CertFile and KeyFile"));
    expect(() => clientFor({ CertFile: text, KeyFile: b })).toThrow(refused("CertFile and KeyFile"));
  });
});

describe("a login", () => {
  it("is renewed once when a master answers 401", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const login = await startMaster({ paths: ["/login"] });
    login.answer(() => ({ state: { token: `t${login.requests.length}` } }));
    const { account = "" } = files({
      account: JSON.stringify({
        uid: "mesos-dns",
        private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
        login_endpoint: `http://${login.address}/login`,
      }),
    });
    const master = await startMaster();
    master.answer({ body: "{}" });
    const client = clientFor({ mesosAuthentication: "iam", IAMConfigFile: account });
    master.requireAuthorization("token=t1");
    await fetchText(client, master);
    master.requireAuthorization("token=t2");
    await fetchText(client, master);
    expect(master.requests.map(({ headers }) => headers.authorization)).toEqual(["token=t1", "token=t1", "token=t2"]);
    master.requireAuthorization("never");
    await expect(fetchState(client, master)).rejects.toThrow("answered 401");
    expect(login.requests).toHaveLength(3);
  });
});

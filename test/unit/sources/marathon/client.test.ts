import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { MarathonSetting } from "../../../../src/config/lb.js";
import { MarathonClient } from "../../../../src/sources/marathon/client.js";
import { app, ScriptedMarathon, task } from "../../../support/scripted-marathon.js";
import { ScriptedMaster } from "../../../support/scripted-master.js";
import { ManualTimers, settle } from "../../../support/timers.js";
import { until } from "../../../support/wait.js";
import { selfSigned } from "../mesos/certificate.js";
import { NEVER, settingOf } from "./support.js";

let marathon: ScriptedMarathon;
let other: ScriptedMarathon;
let folder: string;

beforeEach(async () => {
  [marathon, other] = await Promise.all([ScriptedMarathon.start(), ScriptedMarathon.start()]);
  folder = mkdtempSync(join(tmpdir(), "marathon-"));
  marathon.apps = [app("/one", { tasks: [task("192.0.2.10", [31_000])] })];
  other.apps = [app("/other")];
});

afterEach(async () => {
  await Promise.all([marathon.stop(), other.stop()]);
  rmSync(folder, { recursive: true });
});

function clientOf(
  urls: readonly string[] = [marathon.url],
  more: Partial<MarathonSetting> = {},
  { env = {}, timers = new ManualTimers() }: { env?: Record<string, string>; timers?: ManualTimers } = {},
): MarathonClient {
  const client = new MarathonClient(settingOf(urls, more), { timers, wallClock: Date.now, env });
  onTestFinished(() => client.close());
  return client;
}

const idsOf = async (client: MarathonClient, before?: Buffer) =>
  (await client.apps(NEVER, before)).read?.apps.map(({ id }) => id);

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe("the apps of a Marathon", () => {
  it("are asked for with their tasks, deployments and readiness", async () => {
    const answer = await clientOf().apps(NEVER);
    expect(answer.read?.apps).toMatchObject([{ id: "/one", tasks: [{ host: "192.0.2.10", ports: [31_000] }] }]);
    expect(answer).toMatchObject({ url: marathon.url, leader: marathon.url });
    expect(marathon.requests).toMatchObject([
      { method: "GET", path: "/v2/apps", query: "embed=apps.tasks&embed=apps.deployments&embed=apps.readiness" },
    ]);
    expect(marathon.requests[0]?.headers).toMatchObject({ accept: "application/json" });
    expect(marathon.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("are not read again where the answer is the same", async () => {
    const client = clientOf();
    const { body } = await client.apps(NEVER);
    expect(await idsOf(client, body)).toBeUndefined();
    marathon.apps = [];
    expect(await idsOf(client, body)).toEqual([]);
  });

  it("may stand below a path, and come packed", async () => {
    const gate = await ScriptedMaster.start({ paths: ["/service/marathon/v2/apps"] });
    onTestFinished(() => gate.stop());
    gate.answer({ gzip: true, state: { apps: [app("/below")] } });
    expect(await idsOf(clientOf([`http://${gate.address}/service/marathon`]))).toEqual(["/below"]);
  });

  it.each([
    ["an error", { status: 500 }, "MARATHON_STATUS", "answered 500 (an error)"],
    ["no login", { status: 401 }, "MARATHON_STATUS", "answered 401 (an error); check the credentials"],
    ["an error that is no JSON", { status: 502, body: "<html>" }, "MARATHON_STATUS", "answered 502"],
    ["an error of megabytes", { status: 500, body: "x".repeat(3_000_000) }, "MARATHON_STATUS", "answered 500"],
    ["an error of escapes", { status: 500, state: { message: "\u001b[2J" } }, "MARATHON_STATUS", "(\\x1b[2J)"],
    [
      "an error with status 200",
      { state: { message: "no leader" } },
      "MARATHON_INVALID",
      "no apps in its answer: no leader",
    ],
    ["half of the JSON", { body: '{"apps":[{"id"' }, "MARATHON_INVALID", "its answer of 14 octets is no JSON"],
    [
      "a page",
      { body: "<html>\u001b", contentType: "text/html" },
      "MARATHON_INVALID",
      'it begins with "<html>\\\\x1b"',
    ],
    ["a cut connection", { cutAfter: 20 }, "MARATHON_UNREACHABLE", "cannot be reached: "],
    ["broken gzip", { body: "plain", headers: { "content-encoding": "gzip" } }, "MARATHON_INVALID", "not valid gzip"],
    ["another packing", { headers: { "content-encoding": "br" } }, "MARATHON_INVALID", 'packed with "br"'],
    ["a redirect to nowhere", { status: 302 }, "MARATHON_STATUS", "redirects to no usable address"],
  ])("are refused from %s, with the reason", async (_, fault, code, reason) => {
    marathon.fault = fault;
    const failing = clientOf().apps(NEVER);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(reason) });
    await expect(failing).rejects.toThrow(marathon.url);
  });

  it("are given up after 46 s of silence", async () => {
    const timers = new ManualTimers();
    marathon.fault = { silent: true };
    const failing = clientOf([marathon.url], {}, { timers }).apps(NEVER);
    failing.catch(() => {});
    await until("the request", () => marathon.fetches === 1);
    await timers.advance(46_000);
    await expect(failing).rejects.toMatchObject({
      code: "MARATHON_UNREACHABLE",
      message: `Marathon at ${marathon.url} did not answer within 46 s`,
    });
  });

  it("are given up with the reason of who asked", async () => {
    marathon.fault = { silent: true };
    const asking = new AbortController();
    const failing = clientOf([marathon.url, other.url]).apps(asking.signal);
    asking.abort(new Error("enough"));
    await expect(failing).rejects.toThrow("enough");
    expect(other.requests).toEqual([]);
  });
});

describe("of several nodes", () => {
  it("the first that answers is asked, and stays the one", async () => {
    const client = clientOf([marathon.url, other.url]);
    expect(await idsOf(client)).toEqual(["/one"]);
    marathon.fault = { status: 503 };
    expect(await idsOf(client)).toEqual(["/other"]);
    marathon.fault = undefined;
    expect(await idsOf(client)).toEqual(["/other"]);
    other.fault = { body: "<html>" };
    expect(await idsOf(client)).toEqual(["/one"]);
  });

  it("each is named where none answers, and each is asked once", async () => {
    const client = clientOf([marathon.url, other.url]);
    marathon.fault = { status: 500 };
    await other.stop();
    await expect(client.apps(NEVER)).rejects.toMatchObject({
      code: "MARATHON_STATUS",
      message: `Marathon at ${marathon.url} answered 500 (an error); Marathon at ${other.url} cannot be reached: the connection was refused`,
    });
    expect(marathon.fetches).toBe(1);
    other = await ScriptedMarathon.start();
  });
});

describe("a standby", () => {
  beforeEach(() => {
    marathon.leader = other;
    other.requireBasic("lb", "s3cret");
  });

  it("leads to its leader, which gets the credentials and the whole question", async () => {
    const client = clientOf([marathon.url], { user: "lb", password: "s3cret" });
    expect(await client.apps(NEVER)).toMatchObject({ url: marathon.url, leader: other.url });
    expect(other.requests[0]?.query).toBe("embed=apps.tasks&embed=apps.deployments&embed=apps.readiness");
    const stream = await client.events(marathon.url, NEVER);
    stream.body.destroy();
    expect(stream.leader).toBe(other.url);
  });

  it.each([
    ["a page to log in", () => `${other.url}/login?redirect=x`, "which is no leader's /v2/apps"],
    ["another path below", () => `${other.url}/v2/apps/one`, "which is no leader's /v2/apps"],
    ["no URL", () => "file:///etc/passwd", "to no usable address"],
    ["itself", () => `${marathon.url}/v2/apps`, "more than 3 times"],
  ])("that leads to %s gives no credentials away", async (_, location, reason) => {
    marathon.leader = undefined;
    marathon.fault = { status: 302, headers: { location: location() } };
    const client = clientOf([marathon.url], { user: "lb", password: "s3cret" });
    await expect(client.apps(NEVER)).rejects.toMatchObject({
      code: "MARATHON_STATUS",
      message: expect.stringContaining(reason),
    });
    expect(other.requests).toEqual([]);
    expect(marathon.fetches).toBeLessThanOrEqual(4);
  });

  it("that leads from https to http gives no credentials away, and its certificate has to be known", async () => {
    const { cert, key } = selfSigned();
    const safe = await ScriptedMarathon.start({ tls: { cert, key } });
    onTestFinished(() => safe.stop());
    safe.leader = other;
    await expect(clientOf([safe.url], { user: "lb", password: "x" }).apps(NEVER)).rejects.toMatchObject({
      code: "MARATHON_UNREACHABLE",
      message: expect.stringMatching(/its certificate is not accepted .*; check caFile/),
    });
    const caFile = file("ca.pem", cert);
    const client = clientOf([safe.url], { user: "lb", password: "s3cret", caFile });
    await expect(client.apps(NEVER)).rejects.toThrow("from https to http");
    expect(other.requests).toEqual([]);
    safe.leader = undefined;
    safe.apps = [app("/safe")];
    expect(await idsOf(client)).toEqual(["/safe"]);
  });
});

describe("a login", () => {
  it("has a user and a password, of the configuration or of a file", async () => {
    marathon.requireBasic("lb", "p:ss wörd");
    expect(await idsOf(clientOf([marathon.url], { user: "lb", password: "p:ss wörd" }))).toEqual(["/one"]);
    const credentialsFile = file("login", "lb:p:ss wörd\n");
    expect(await idsOf(clientOf([marathon.url], { credentialsFile }))).toEqual(["/one"]);
  });

  it.each([
    ["login", "lb", "credentialsFile of marathon, FILE: is not one line; give it user:password"],
    ["login", "lb:one\nlb:two\n", "is not one line"],
    ["none", "", "credentialsFile of marathon, FILE cannot be read: ENOENT"],
  ])("of a file that has none is refused at the start: %s %j", (name, text, reason) => {
    const credentialsFile = text === "" ? join(folder, name) : file(name, text);
    expect(() => clientOf([marathon.url], { credentialsFile })).toThrow(
      expect.objectContaining({
        code: "CREDENTIALS_UNREADABLE",
        message: expect.stringContaining(reason.replace("FILE", credentialsFile)),
      }),
    );
  });

  it("at DC/OS takes an account from a file or from the environment, and another token after a 401", async () => {
    const login = await ScriptedMaster.start({ paths: ["/login"] });
    onTestFinished(() => login.stop());
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const private_key = privateKey.export({ type: "pkcs8", format: "pem" });
    const account = JSON.stringify({ uid: "lb", private_key, login_endpoint: `http://${login.address}/login` });
    login.answer({ state: { token: "one" } });
    marathon.requireAuthorization("token=one");
    const client = clientOf([marathon.url], { dcos: true, credentialsFile: file("account.json", account) });
    expect(await idsOf(client)).toEqual(["/one"]);
    login.answer({ state: { token: "two" } });
    marathon.requireAuthorization("token=two");
    expect(await idsOf(client)).toEqual(["/one"]);
    const DCOS_SERVICE_ACCOUNT_CREDENTIAL = account;
    const second = clientOf([marathon.url], { dcos: true }, { env: { DCOS_SERVICE_ACCOUNT_CREDENTIAL } });
    expect(await idsOf(second)).toEqual(["/one"]);
    login.answer({ status: 403 });
    const third = clientOf([marathon.url, other.url], { dcos: true }, { env: { DCOS_SERVICE_ACCOUNT_CREDENTIAL } });
    const logins = login.requests.length;
    await expect(third.apps(NEVER)).rejects.toMatchObject({ code: "LOGIN_FAILED" });
    expect(login.requests).toHaveLength(logins + 1);
    expect(other.requests).toEqual([]);
  });

  it("at DC/OS without an account is refused at the start", () => {
    const refused = (env: Record<string, string>) => expect(() => clientOf([marathon.url], { dcos: true }, { env }));
    refused({}).toThrow("neither a credentialsFile nor DCOS_SERVICE_ACCOUNT_CREDENTIAL");
    refused({ DCOS_SERVICE_ACCOUNT_CREDENTIAL: "s3cret" }).toThrow(
      "DCOS_SERVICE_ACCOUNT_CREDENTIAL: is not a JSON object",
    );
  });
});

describe("beside the apps", () => {
  it("tasks are a text", async () => {
    marathon.tasksText = "one\t10000\t192.0.2.10:31000\t\n";
    expect(await clientOf().tasksText(NEVER)).toBe("one\t10000\t192.0.2.10:31000\t\n");
    expect(marathon.requests[0]).toMatchObject({ path: "/v2/tasks", headers: { accept: "text/plain" } });
  });

  it("pods have ids, and an old Marathon has none", async () => {
    const client = clientOf();
    expect(await client.podIds(NEVER)).toEqual([]);
    marathon.pods = [{ id: "/pod/one" }, { id: 5 }, {}];
    expect(await client.podIds(NEVER)).toEqual(["/pod/one"]);
    marathon.fault = { status: 500 };
    await expect(client.podIds(NEVER)).rejects.toMatchObject({ code: "MARATHON_STATUS" });
  });

  it("events are asked for by their types, without the plans of deployments", async () => {
    const { body } = await clientOf().events(marathon.url, NEVER);
    const [request] = marathon.requests;
    expect(request).toMatchObject({ path: "/v2/events", headers: { accept: "text/event-stream" } });
    const asked = new URLSearchParams(request?.query);
    expect(asked.get("plan-format")).toBe("light");
    expect(asked.getAll("event_type")).toContain("instance_health_changed_event");
    await settle();
    body.destroy();
    await until("the end", () => marathon.streams === 0);
  });

  it("a page in place of events is refused", async () => {
    marathon.streamFault = { body: "<html>", contentType: "text/html" };
    await expect(clientOf().events(marathon.url, NEVER)).rejects.toMatchObject({
      code: "MARATHON_INVALID",
      message: `Marathon at ${marathon.url} answered with content type "text/html" instead of events`,
    });
  });

  it("a stream of events that does not begin within 46 s is given up, and one that has begun is not", async () => {
    const timers = new ManualTimers();
    const client = clientOf([marathon.url], {}, { timers });
    const { body } = await client.events(marathon.url, NEVER);
    await timers.advance(100_000);
    expect(body.destroyed).toBe(false);
    body.destroy();
    marathon.streamFault = { silent: true };
    const failing = client.events(marathon.url, NEVER);
    failing.catch(() => {});
    await until("the request", () => marathon.requests.length === 2);
    await timers.advance(46_000);
    await expect(failing).rejects.toThrow("did not answer within 46 s");
  });
});

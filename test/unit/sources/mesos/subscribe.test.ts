import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemTimers } from "../../../../src/base/timers.js";
import type { Config } from "../../../../src/config/config.js";
import { MasterClient } from "../../../../src/sources/mesos/client.js";
import { cluster, ScriptedMaster, type ScriptedMasterOptions } from "../../../support/scripted-master.js";
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

function clientFor(settings: Partial<Config> = {}): MasterClient {
  const client = new MasterClient(configFor(settings), { timers: systemTimers, wallClock: Date.now });
  cleanUp.push(() => client.close());
  return client;
}

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "mesos-subscribe-"));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), text);
  return join(folder, "file");
}

/** The first chunk of a master's stream. */
async function beginning(client: MasterClient, master: ScriptedMaster): Promise<string> {
  const { body } = await client.subscribe(master, never);
  for await (const chunk of body) return String(chunk);
  return "";
}

describe("a master's events", () => {
  it("are subscribed to with the operator API's SUBSCRIBE call", async () => {
    const master = await startMaster();
    master.leadWithEvents(cluster({}));
    expect(await beginning(clientFor(), master)).toMatch(/^\d+\n\{"type":"SUBSCRIBED"/);
    expect(master.requests).toMatchObject([
      {
        method: "POST",
        path: "/api/v1",
        body: '{"type":"SUBSCRIBE"}',
        headers: { "content-type": "application/json", accept: "application/json" },
      },
    ]);
    expect(master.requests[0]?.headers).not.toHaveProperty("accept-encoding");
  });

  it("come from the master that a redirect leads to, which gets the credentials too", async () => {
    const [follower, leader] = [await startMaster(), await startMaster()];
    follower.redirectTo(leader);
    leader.leadWithEvents(cluster({}));
    for (const master of [follower, leader]) master.requireBasic("mesos-dns", "secret");
    const mesosCredentials = { principal: "mesos-dns", secret: "secret" };
    const client = clientFor({ mesosAuthentication: "basic", mesosCredentials });
    expect((await client.subscribe(follower, never)).from.port).toBe(leader.port);
    expect(leader.requests[0]?.path).toBe("/master/api/v1");
  });

  it("come over TLS from a master whose certificate is trusted", async () => {
    const own = selfSigned();
    const master = await startMaster({ tls: own });
    master.leadWithEvents(cluster({}));
    const CACertFile = fileWith(own.cert);
    expect(await beginning(clientFor({ mesosHTTPSOn: true, CACertFile }), master)).toContain("SUBSCRIBED");
    await expect(clientFor({ mesosHTTPSOn: true }).subscribe(master, never)).rejects.toMatchObject({
      code: "MASTER_UNREACHABLE",
      message: expect.stringContaining("its certificate is not accepted"),
    });
  });

  it("come with a DC/OS login, which is renewed once when the master answers 401", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const login = await startMaster({ paths: ["/login"] });
    login.answer(() => ({ state: { token: `t${login.requests.length}` } }));
    const account = { uid: "mesos-dns", login_endpoint: `http://${login.address}/login` };
    const private_key = privateKey.export({ type: "pkcs8", format: "pem" });
    const IAMConfigFile = fileWith(JSON.stringify({ ...account, private_key }));
    const master = await startMaster();
    master.leadWithEvents(cluster({}));
    master.requireAuthorization("token=t2");
    expect(await beginning(clientFor({ mesosAuthentication: "iam", IAMConfigFile }), master)).toContain("SUBSCRIBED");
    expect(master.requests.map(({ headers }) => headers.authorization)).toEqual(["token=t1", "token=t2"]);
  });

  it("end with the signal, and with close()", async () => {
    const master = await startMaster();
    master.leadWithEvents(cluster({}));
    const client = clientFor();
    const controller = new AbortController();
    const first = await client.subscribe(master, controller.signal);
    const second = await client.subscribe(master, never);
    controller.abort();
    await expect(first.body.toArray()).rejects.toThrow();
    await client.close();
    await expect(second.body.toArray()).rejects.toThrow();
  });
});

describe("events are refused", () => {
  it.each([400, 403, 404, 405, 415, 501])("as unsupported with status %i", async (status) => {
    const master = await startMaster();
    master.answerApi({ status });
    await expect(clientFor().subscribe(master, never)).rejects.toMatchObject({
      code: "STREAM_UNSUPPORTED",
      message: `Mesos master ${master.address} has no event stream to give: it answered ${status} to SUBSCRIBE`,
    });
  });

  it.each([
    [{ status: 503 }, "MASTER_STATUS"],
    [{ status: 401 }, "MASTER_STATUS"],
    [{ status: 307, headers: { location: "ftp://192.0.2.1/" } }, "MASTER_STATUS"],
    [{ body: "<html>", contentType: "text/html" }, "STATE_CONTENT_TYPE"],
    [{ body: "packed", gzip: true }, "STATE_CONTENT_TYPE"],
  ])("as a failure to retry with %o", async (answer, code) => {
    const master = await startMaster();
    master.answerApi(answer);
    await expect(clientFor().subscribe(master, never)).rejects.toMatchObject({ code });
  });

  it("if a master redirects for ever", async () => {
    const master = await startMaster();
    master.redirectTo(master);
    await expect(clientFor().subscribe(master, never)).rejects.toThrow("redirects more than 3 times");
  });
});

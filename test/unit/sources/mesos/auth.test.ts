import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify, SignJWT } from "jose";
import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../../../src/config/config.js";
import { readServiceAccount } from "../../../../src/sources/http/service-account.js";
import { createAuthorization } from "../../../../src/sources/mesos/auth.js";
import { ScriptedMaster } from "../../../support/scripted-master.js";
import { configFor } from "./support.js";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" = "pkcs8") => key.export({ type, format: "pem" }).toString();
const LOGIN_PATH = "/acs/api/v1/auth/login";
const NOW = Date.UTC(2030, 0, 1);
const never = new AbortController().signal;

let folder: string;
let login: ScriptedMaster;
let dispatcher: Agent;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mesos-auth-"));
  login = await ScriptedMaster.start({ paths: [LOGIN_PATH] });
  dispatcher = new Agent();
  now = NOW;
});

afterEach(async () => {
  await dispatcher.destroy();
  await login.stop();
  rmSync(folder, { recursive: true });
});

function accountFile(fields: object | string = {}): string {
  const path = join(folder, "account.json");
  const account = {
    uid: "mesos-dns",
    private_key: pem(privateKey),
    login_endpoint: `http://${login.address}${LOGIN_PATH}`,
    scheme: "RS256",
  };
  writeFileSync(path, typeof fields === "string" ? fields : JSON.stringify({ ...account, ...fields }));
  return path;
}

const authorize = (settings: Partial<Config>) =>
  createAuthorization(configFor(settings), { dispatcher, now: () => now });
const iam = (fields: object = {}) => authorize({ mesosAuthentication: "iam", IAMConfigFile: accountFile(fields) });

/** A token as the login service issues it, which expires `lifeSeconds` from now. */
async function handOut(lifeSeconds: number): Promise<string> {
  const token = await new SignJWT({ serial: Math.random() })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(now / 1000 + lifeSeconds)
    .sign(Buffer.from("secret of the login service"));
  login.answer({ state: { token } });
  return token;
}

describe("authorization", () => {
  it("is absent unless configured", async () => {
    expect(await authorize({ mesosAuthentication: "none" }).header(never)).toBeUndefined();
  });

  it("consists of principal and secret, and a 401 does not change it", async () => {
    const mesosCredentials = { principal: "mesos-dns", secret: "p:ss wörd" };
    const basic = authorize({ mesosAuthentication: "basic", mesosCredentials });
    const header = (await basic.header(never)) ?? "";
    expect(Buffer.from(header.replace("Basic ", ""), "base64").toString()).toBe("mesos-dns:p:ss wörd");
    expect(basic.forget()).toBe(false);
  });
});

describe("a DC/OS login", () => {
  it("exchanges a short-lived token signed with the service account's key for one that masters accept", async () => {
    const token = await handOut(3600);
    expect(await iam().header(never)).toBe(`token=${token}`);
    const [request] = login.requests;
    expect(request).toMatchObject({ method: "POST", headers: { "content-type": "application/json" } });
    const body = JSON.parse(request?.body ?? "");
    const { payload, protectedHeader } = await jwtVerify(body.token, publicKey, { currentDate: new Date(now) });
    expect(body.uid).toBe("mesos-dns");
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "JWT" });
    expect(payload).toEqual({ uid: "mesos-dns", exp: now / 1000 + 300 });
  });

  it("accepts a key in the older PEM form, and under the name that Mesos-DNS uses", async () => {
    await handOut(3600);
    const account = iam({ private_key: undefined, secret: pem(privateKey, "pkcs1") });
    expect(await account.header(never)).toMatch(/^token=/);
  });

  it("takes the token from the cookie where the answer has none in it", async () => {
    login.answer({ body: "", headers: { "set-cookie": "dcos-acs-auth-cookie=from.cookie; Path=/; HttpOnly" } });
    expect(await iam().header(never)).toBe("token=from.cookie");
  });

  it("is not repeated until shortly before the token expires", async () => {
    const account = iam();
    const first = await handOut(3600);
    await account.header(never);
    now += 3539_000;
    expect(await account.header(never)).toBe(`token=${first}`);
    expect(login.requests).toHaveLength(1);
    now += 1_000;
    const second = await handOut(3600);
    expect(await account.header(never)).toBe(`token=${second}`);
    expect(login.requests).toHaveLength(2);
  });

  it("says when its token expires, once there is one and if that says so", async () => {
    const account = iam();
    expect(account.expiresAt).toBeUndefined();
    await handOut(3600);
    await account.header(never);
    expect(account.expiresAt).toBe(now + 3_600_000);
    account.forget();
    expect(account.expiresAt).toBeUndefined();
    login.answer({ state: { token: "opaque" } });
    await account.header(never);
    expect(account.expiresAt).toBeUndefined();
  });

  it("is not repeated at once for a token that lives only seconds", async () => {
    const account = iam();
    await handOut(10);
    await account.header(never);
    now += 8_000;
    await account.header(never);
    expect(login.requests).toHaveLength(1);
  });

  it("is repeated after a master has refused the token", async () => {
    const account = iam();
    login.answer({ state: { token: "opaque" } });
    expect(await account.header(never)).toBe("token=opaque");
    now += 365 * 86_400_000;
    await account.header(never);
    expect(login.requests).toHaveLength(1);
    expect(account.forget()).toBe(true);
    await account.header(never);
    expect(login.requests).toHaveLength(2);
  });

  it.each([
    [{ status: 401, body: "the secret token" }, "it answered 401; check the service account"],
    [{ body: "<html>" }, "its answer holds no token"],
    [{ state: { token: 7 } }, "its answer holds no token"],
    [{ state: { token: "two\r\nlines" } }, "its answer holds no token"],
    [{ body: "x".repeat(100_000) }, "its answer is too long"],
  ])("that fails says why and where, and reveals no secret: %#", async (answer, why) => {
    login.answer(answer);
    await expect(iam().header(never)).rejects.toMatchObject({
      code: "LOGIN_FAILED",
      message: `login at http://${login.address}${LOGIN_PATH} failed: ${why}`,
    });
  });

  it("reports that the login service cannot be reached", async () => {
    const account = iam();
    await login.stop();
    await expect(account.header(never)).rejects.toMatchObject({
      code: "LOGIN_FAILED",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("is aborted with the request that needs it", async () => {
    login.answer({ silent: true });
    const controller = new AbortController();
    const header = iam().header(controller.signal);
    controller.abort();
    await expect(header).rejects.toMatchObject({ code: "LOGIN_FAILED", message: expect.stringContaining("in time") });
  });
});

describe("a service account file", () => {
  const { privateKey: weak } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const { privateKey: curve } = generateKeyPairSync("ec", { namedCurve: "P-256" });

  it.each<[object | string, string]>([
    ["not JSON with a secret", "is not a JSON object"],
    ["[]", "is not a JSON object"],
    [{ uid: "" }, '"uid" is missing'],
    [{ scheme: "HS256" }, '"scheme" is not RS256'],
    [{ login_endpoint: "login" }, '"login_endpoint" is not an http or https URL'],
    [{ login_endpoint: "file:///etc/passwd" }, '"login_endpoint" is not an http or https URL'],
    [{ private_key: "a secret" }, '"private_key" is not an RSA private key'],
    [{ private_key: undefined }, '"private_key" is not an RSA private key'],
    [{ private_key: pem(weak) }, '"private_key" is not an RSA private key of 2048 bits or more'],
    [{ private_key: pem(curve) }, '"private_key" is not an RSA private key'],
  ])("that cannot be used is named, with what is wrong in it: %#", (fields, what) => {
    const path = accountFile(fields);
    expect(() => readServiceAccount("IAMConfigFile", path)).toThrow(
      expect.objectContaining({ code: "CREDENTIALS_UNREADABLE", message: expect.stringContaining(what) }),
    );
    expect(() => readServiceAccount("IAMConfigFile", path)).toThrow(path);
    expect(() => readServiceAccount("IAMConfigFile", path)).not.toThrow(/secret/);
  });

  it("that does not exist is named", () => {
    expect(() => readServiceAccount("IAMConfigFile", join(folder, "none.json"))).toThrow(
      /none\.json: cannot be read \(ENOENT/,
    );
  });
});

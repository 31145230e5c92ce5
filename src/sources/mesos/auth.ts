import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { decodeJwt, SignJWT } from "jose";
import type { Dispatcher } from "undici";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { ClusterConfig } from "../../config/config.js";
import { parseHttpUrl } from "./endpoint.js";
import { isObject, type JsonObject, textOf } from "./lenient.js";

/** Supplies the Authorization header of requests to masters. No secret is ever part of an error message. */
export interface Authorization {
  /**
   * The header's value; `undefined` for no header. Throws MesosDnsError LOGIN_FAILED, also if `signal` aborts the login.
   */
  header(signal: AbortSignal): Promise<string | undefined>;
  /** Call this after a 401. Returns whether the next header() may return other credentials. */
  forget(): boolean;
}

export interface AuthorizationOptions {
  /** Sends the login request. It uses the same certificates as requests to masters. */
  readonly dispatcher: Dispatcher;
  /** Milliseconds since 1970: tokens expire by the calendar. */
  readonly now: () => number;
}

/** Throws MesosDnsError CREDENTIALS_UNREADABLE if the service account file of `iam` cannot be used. */
export function createAuthorization(config: ClusterConfig, options: AuthorizationOptions): Authorization {
  if (config.mesosAuthentication === "iam") {
    return new IamAuthorization(readServiceAccount(config.IAMConfigFile), options);
  }
  if (config.mesosAuthentication === "none") return fixed(undefined);
  const { principal, secret } = config.mesosCredentials;
  return fixed(`Basic ${Buffer.from(`${principal}:${secret}`).toString("base64")}`);
}

function fixed(header: string | undefined): Authorization {
  return { header: async () => header, forget: () => false };
}

const MIN_KEY_BITS = 2048;

/** A DC/OS service account, as `dcos security secrets create-sa-secret` writes it. */
export interface ServiceAccount {
  readonly uid: string;
  readonly key: KeyObject;
  readonly loginEndpoint: URL;
}

/**
 * Reads `{"uid", "private_key", "login_endpoint", "scheme": "RS256"}`; Mesos-DNS calls the key `secret`, which is
 * accepted too. Throws MesosDnsError CREDENTIALS_UNREADABLE.
 */
export function readServiceAccount(path: string): ServiceAccount {
  const unusable = (what: string) =>
    new MesosDnsError("CREDENTIALS_UNREADABLE", `IAMConfigFile ${path}: ${what}; give it a DC/OS service account`);
  const fields = parseAccount(path, unusable);
  const uid = textOf(fields.uid);
  if (uid === "") throw unusable('"uid" is missing');
  if (fields.scheme !== undefined && fields.scheme !== "RS256") throw unusable('"scheme" is not RS256');
  const loginEndpoint = parseHttpUrl(textOf(fields.login_endpoint));
  if (loginEndpoint === undefined) throw unusable('"login_endpoint" is not an http or https URL');
  const key = privateKeyIn(textOf(fields.private_key) || textOf(fields.secret));
  if (key === undefined) throw unusable('"private_key" is not an RSA private key of 2048 bits or more in PEM form');
  return { uid, key, loginEndpoint };
}

function parseAccount(path: string, unusable: (what: string) => MesosDnsError): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw unusable(`cannot be read (${messageOf(error)})`);
  }
  try {
    const fields: unknown = JSON.parse(text);
    if (isObject(fields)) return fields;
  } catch {
    // The message of JSON.parse quotes the text, which holds a private key.
  }
  throw unusable("is not a JSON object");
}

/**
 * `undefined` for anything but an RSA key that RS256 allows (RFC 7518, section 3.3). Drops the crypto library's message: it may
 * quote the key.
 */
function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return key.asymmetricKeyType === "rsa" && bits >= MIN_KEY_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}

/** How long a login token is valid, in seconds: long enough for clocks that differ, too short to be worth stealing. */
const LOGIN_TOKEN_SECONDS = 300;
const LOGIN_TIMEOUT_MS = 10_000;
/** Renew a token this long before it expires, or when a tenth of its lifetime is left if that is shorter. */
const RENEW_EARLY_MS = 60_000;
const MAX_LOGIN_ANSWER_BYTES = 65_536;

interface Token {
  readonly header: string;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

/** DC/OS: the login exchanges a token signed with the service account's key for one that masters accept. */
class IamAuthorization implements Authorization {
  readonly #account: ServiceAccount;
  readonly #options: AuthorizationOptions;
  #token: Token | undefined;

  constructor(account: ServiceAccount, options: AuthorizationOptions) {
    this.#account = account;
    this.#options = options;
  }

  async header(signal: AbortSignal): Promise<string> {
    if (this.#token === undefined || this.#options.now() >= this.#token.renewAt) {
      this.#token = await this.#logIn(signal);
    }
    return this.#token.header;
  }

  forget(): boolean {
    this.#token = undefined;
    return true;
  }

  async #logIn(signal: AbortSignal): Promise<Token> {
    const { loginEndpoint } = this.#account;
    const failed = (why: string) =>
      new MesosDnsError("LOGIN_FAILED", `login at ${loginEndpoint.origin}${loginEndpoint.pathname} failed: ${why}`);
    const answer = await this.#post(signal).catch((error: unknown) => {
      throw failed(signal.aborted ? "it did not answer in time" : messageOf(error) || "it cannot be reached");
    });
    if (answer.status !== 200) throw failed(`it answered ${answer.status}; check the service account`);
    const token = tokenIn(answer.body);
    if (token === undefined) throw failed("its answer holds no token");
    return { header: `token=${token}`, renewAt: renewalOf(token, this.#options.now()) };
  }

  async #post(signal: AbortSignal): Promise<{ status: number; body: string }> {
    const { uid, key, loginEndpoint } = this.#account;
    const expires = Math.floor(this.#options.now() / 1000) + LOGIN_TOKEN_SECONDS;
    const token = await new SignJWT({ uid })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setExpirationTime(expires)
      .sign(key);
    const { statusCode, body } = await this.#options.dispatcher.request({
      origin: loginEndpoint.origin,
      path: `${loginEndpoint.pathname}${loginEndpoint.search}`,
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ uid, token }),
      headersTimeout: LOGIN_TIMEOUT_MS,
      bodyTimeout: LOGIN_TIMEOUT_MS,
      signal,
    });
    let text = "";
    for await (const chunk of body.setEncoding("utf8")) {
      text += chunk;
      if (text.length > MAX_LOGIN_ANSWER_BYTES) throw new Error("its answer is too long");
    }
    return { status: statusCode, body: text };
  }
}

/** `undefined` if there is no token, or one with characters that could break out of a header line. */
function tokenIn(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    const token = isObject(answer) ? textOf(answer.token) : "";
    return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/** When to log in again, in milliseconds since 1970. A token without an expiry time is kept until a master refuses it. */
function renewalOf(token: string, now: number): number {
  let expires: number | undefined;
  try {
    expires = decodeJwt(token).exp;
  } catch {
    // Not a JWT: the login service may issue tokens of any kind.
  }
  if (expires === undefined) return Number.POSITIVE_INFINITY;
  const left = expires * 1000 - now;
  return now + left - Math.min(RENEW_EARLY_MS, Math.max(0, left / 10));
}

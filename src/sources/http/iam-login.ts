import { decodeJwt, SignJWT } from "jose";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, textOf } from "../../base/lenient.js";
import type { Authorization, AuthorizationOptions } from "./authorization.js";
import type { ServiceAccount } from "./service-account.js";

/** How long a login token is valid, in seconds: long enough for clocks that differ, too short to be worth stealing. */
const LOGIN_TOKEN_SECONDS = 300;
const LOGIN_TIMEOUT_MS = 10_000;
/** Renew a token this long before it expires, or when a tenth of its lifetime is left if that is shorter. */
const RENEW_EARLY_MS = 60_000;
const MAX_LOGIN_ANSWER_BYTES = 65_536;

interface Token {
  readonly header: string;
  /** Milliseconds since 1970; `undefined` if the token does not say. */
  readonly expiresAt: number | undefined;
  readonly renewAt: number;
}

interface LoginAnswer {
  readonly status: number;
  readonly body: string;
  readonly cookies: readonly string[];
}

/** DC/OS: the login exchanges a token signed with the service account's key for one that masters accept. */
export class IamAuthorization implements Authorization {
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

  get expiresAt(): number | undefined {
    return this.#token?.expiresAt;
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
    const token = tokenIn(answer.body) ?? tokenInCookies(answer.cookies);
    if (token === undefined) throw failed("its answer holds no token");
    const expiresAt = expiryOf(token);
    return { header: `token=${token}`, expiresAt, renewAt: renewalOf(expiresAt, this.#options.now()) };
  }

  async #post(signal: AbortSignal): Promise<LoginAnswer> {
    const { uid, key, loginEndpoint } = this.#account;
    const expires = Math.floor(this.#options.now() / 1000) + LOGIN_TOKEN_SECONDS;
    const token = await new SignJWT({ uid })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setExpirationTime(expires)
      .sign(key);
    const { statusCode, headers, body } = await this.#options.dispatcher.request({
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
    return { status: statusCode, body: text, cookies: [headers["set-cookie"] ?? []].flat() };
  }
}

/** Characters that cannot break out of a header line. */
const TOKEN = /^[\x21-\x7e]+$/;

function tokenIn(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    const token = isObject(answer) ? textOf(answer.token) : "";
    return TOKEN.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/** What stands in front of DC/OS may hand on the cookie alone. */
function tokenInCookies(cookies: readonly string[]): string | undefined {
  const values = cookies.map((cookie) => /^dcos-acs-auth-cookie=([^;]*)/.exec(cookie)?.[1] ?? "");
  return values.find((value) => TOKEN.test(value));
}

/** When a token expires, in milliseconds since 1970; `undefined` if it does not say. */
function expiryOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    // Not a JWT: the login service may issue tokens of any kind.
    return undefined;
  }
}

/** When to log in again, in milliseconds since 1970. A token without an expiry time is kept until a master refuses it. */
function renewalOf(expiresAt: number | undefined, now: number): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
  const left = expiresAt - now;
  return now + left - Math.min(RENEW_EARLY_MS, Math.max(0, left / 10));
}

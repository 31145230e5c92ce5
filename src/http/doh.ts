import type { Context } from "hono";
import { lifetimeOf } from "../wire/lifetime.js";
import { HEADER, MAX_MESSAGE } from "../wire/protocol.js";
import { mediaTypeOf, readBody } from "./body.js";
import { clientOf } from "./client.js";
import type { ApiContext } from "./context.js";

const MEDIA_TYPE = "application/dns-message";
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** DNS over HTTPS (RFC 8484). */
export class DohRoutes {
  readonly #context: ApiContext;
  #hasWarned = false;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /** `GET /dns-query?dns=…` (RFC 8484 §4.1): the query in base64url, without padding. */
  async get(c: Context): Promise<Response> {
    const text = c.req.query("dns");
    if (text === undefined || !BASE64URL.test(text)) {
      return c.json({ error: "the parameter dns must hold a DNS message in base64url without padding" }, 400);
    }
    return this.#answer(c, Uint8Array.from(Buffer.from(text, "base64url")));
  }

  /** `POST /dns-query` (RFC 8484 §4.1): the query is the body. */
  async post(c: Context): Promise<Response> {
    if (mediaTypeOf(c) !== MEDIA_TYPE) return c.json({ error: `the content type must be ${MEDIA_TYPE}` }, 415);
    if (Number(c.req.header("content-length") ?? 0) > MAX_MESSAGE) return tooLarge(c);
    const message = await readBody(c, MAX_MESSAGE);
    if (message === undefined) return c.json({ error: "the body broke off" }, 400);
    return this.#answer(c, message);
  }

  async #answer(c: Context, message: Uint8Array): Promise<Response> {
    if (message.length > MAX_MESSAGE) return tooLarge(c);
    const response =
      message.length < HEADER ? undefined : await this.#context.answerOverHttps(message, this.#clientOf(c));
    if (!response) return c.json({ error: "that is no DNS query" }, 400);
    const headers = { "content-type": MEDIA_TYPE, "cache-control": `max-age=${lifetimeOf(response) ?? 0}` };
    return c.body(Uint8Array.from(response), 200, headers);
  }

  #clientOf(c: Context): string {
    const proxies = this.#context.proxies();
    const { peer, client } = clientOf(c, proxies);
    const isNamed = (c.req.header("forwarded") ?? c.req.header("x-forwarded-for")) !== undefined;
    if (isNamed && !proxies.includes(peer)) this.#warn(peer);
    return client;
  }

  /** Warns only once: anybody can send these headers. */
  #warn(peer: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const message =
      "DNS over HTTPS comes with the header of a proxy that is not in trustedProxies: its clients count as the proxy";
    this.#context.log.warn({ peer }, message);
  }
}

function tooLarge(c: Context): Response {
  return c.json({ error: `a DNS message has at most ${MAX_MESSAGE} octets` }, 413);
}

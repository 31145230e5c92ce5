import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { lifetimeOf } from "../dns/lifetime.js";
import { HEADER, MAX_MESSAGE } from "../dns/protocol.js";
import type { ApiContext } from "./context.js";

const MEDIA_TYPE = "application/dns-message";
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** `GET /dns-query?dns=…` (RFC 8484 §4.1): the query in base64url, without padding. */
export async function dohGet(c: Context, context: ApiContext): Promise<Response> {
  const text = c.req.query("dns");
  if (text === undefined || !BASE64URL.test(text)) {
    return c.json({ error: "the parameter dns must hold a DNS message in base64url without padding" }, 400);
  }
  return answer(c, context, Uint8Array.from(Buffer.from(text, "base64url")));
}

/** `POST /dns-query` (RFC 8484 §4.1): the query is the body. */
export async function dohPost(c: Context, context: ApiContext): Promise<Response> {
  const type = c.req.header("content-type")?.split(";", 1)[0].trim().toLowerCase();
  if (type !== MEDIA_TYPE) return c.json({ error: `the content type must be ${MEDIA_TYPE}` }, 415);
  if (Number(c.req.header("content-length") ?? 0) > MAX_MESSAGE) return tooLarge(c);
  return answer(c, context, new Uint8Array(await c.req.arrayBuffer()));
}

async function answer(c: Context, context: ApiContext, message: Uint8Array): Promise<Response> {
  if (message.length > MAX_MESSAGE) return tooLarge(c);
  const response = message.length < HEADER ? undefined : await context.answerOverHttps(message, addressOf(c));
  if (!response) return c.json({ error: "that is no DNS query" }, 400);
  const headers = { "content-type": MEDIA_TYPE, "cache-control": `max-age=${lifetimeOf(response) ?? 0}` };
  return c.body(Uint8Array.from(response), 200, headers);
}

function tooLarge(c: Context): Response {
  return c.json({ error: `a DNS message has at most ${MAX_MESSAGE} octets` }, 413);
}

/** The client's address; a request that came through no socket counts as one from nowhere. */
function addressOf(c: Context): string {
  return c.env?.incoming ? (getConnInfo(c).remote.address ?? "") : "";
}

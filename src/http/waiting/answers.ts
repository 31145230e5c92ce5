import type { Context } from "hono";
import type { Rendering } from "./renderings.js";

/** A response that all who ask for the same share. */
export type SharedAnswer = FullAnswer | NothingNew;

export interface FullAnswer {
  readonly status: 200 | 404 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Present if the body may be sent gzipped. */
  readonly rendering?: Rendering;
}

/** The client has it already. */
export interface NothingNew {
  readonly status: 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: null;
}

export const GZIPPED = { "content-encoding": "gzip" };
export const JSON_TYPE = { "content-type": "application/json" };
/** Of every response that may be gzipped. */
export const VARY = { vary: "accept-encoding" };

export function failure(
  status: FullAnswer["status"],
  error: string,
  headers: Readonly<Record<string, string>> = {},
): FullAnswer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: Buffer.from(JSON.stringify({ error })) };
}

/** The response while there is no list yet. */
export const NO_STATE = failure(503, "no state from a Mesos master yet; /readyz says why", { "retry-after": "1" });

/** Whether a client accepts gzip, by its Accept-Encoding header. */
export function takesGzip(acceptEncoding: unknown): boolean {
  return typeof acceptEncoding === "string" && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/.test(acceptEncoding);
}

/** The response of a route. */
export async function respondWith(c: Context, answer: SharedAnswer): Promise<Response> {
  if (answer.body === null) return c.body(null, answer.status, answer.headers);
  const { status, headers, body, rendering } = answer;
  const isGzipped = rendering?.isWorthGzipping && takesGzip(c.req.header("accept-encoding"));
  if (!isGzipped) return c.body(Uint8Array.from(body), status, headers);
  return c.body(Uint8Array.from(await rendering.gzipped()), status, { ...headers, ...GZIPPED });
}

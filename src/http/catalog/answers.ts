import type { Rendering } from "../waiting/renderings.js";
import type { CatalogBoard, Topic } from "./board.js";

export interface CatalogAnswer {
  readonly status: 200 | 404 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Present if the body may be sent gzipped. */
  readonly rendering?: Rendering;
}

export const INDEX_HEADER = "x-mesos-dns-index";
export const GZIPPED = { "content-encoding": "gzip" };
const JSON_TYPE = { "content-type": "application/json" };

/** The response to a request for a topic now. */
export function answerTo(board: CatalogBoard, topic: Topic): CatalogAnswer {
  if (board.state === "off") return failure(404, 'no catalogue is kept: set "catalog" to true in the configuration');
  if (board.state === "empty") {
    return failure(503, "no state from a Mesos master yet; /readyz says why", { "retry-after": "1" });
  }
  const rendering = board.rendering(topic);
  const headers = { [INDEX_HEADER]: String(board.indexOf(topic)), vary: "accept-encoding" };
  if (rendering) return { status: 200, headers: { ...JSON_TYPE, ...headers }, body: rendering.body, rendering };
  return failure(404, "there is no such service; GET /v1/catalog lists those there are", headers);
}

export function failure(
  status: CatalogAnswer["status"],
  error: string,
  headers: Readonly<Record<string, string>> = {},
): CatalogAnswer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: Buffer.from(JSON.stringify({ error })) };
}

/** Whether a client accepts gzip, by its Accept-Encoding header. */
export function takesGzip(acceptEncoding: unknown): boolean {
  return typeof acceptEncoding === "string" && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/.test(acceptEncoding);
}

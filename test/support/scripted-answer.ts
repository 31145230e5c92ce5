import type http from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Json } from "./json.js";

/** How to answer a request. Without `state` or `body`, the body is empty. */
export interface Answer {
  readonly status?: number;
  readonly state?: Json;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the body in gzip, whether it was asked for or not. */
  readonly gzip?: boolean;
  /** Milliseconds before the first byte. */
  readonly delayMs?: number;
  /** Sends the body without announcing its length, in pieces of `bytes`, one every `everyMs`. */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
  /** Closes the connection after this many bytes of a body announced in full. */
  readonly cutAfter?: number;
  /** Takes the request and never says a word. */
  readonly silent?: boolean;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** What follows the question mark. */
  readonly query: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What a request is, with its body to the end. */
export async function record(request: http.IncomingMessage): Promise<RecordedRequest> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  return { method: request.method ?? "", path, query, headers: request.headers, body };
}

export async function send(response: http.ServerResponse, answer: Answer): Promise<void> {
  if (answer.silent) return;
  if (answer.delayMs) await sleep(answer.delayMs);
  const plain = answer.state ? JSON.stringify(answer.state) : (answer.body ?? "");
  const body = answer.gzip ? gzipSync(plain) : Buffer.from(plain);
  response.writeHead(answer.status ?? 200, {
    "content-type": answer.contentType ?? "application/json",
    ...(!answer.trickle && { "content-length": body.length }),
    ...(answer.gzip && { "content-encoding": "gzip" }),
    ...answer.headers,
  });
  if (answer.cutAfter !== undefined) {
    response.write(body.subarray(0, answer.cutAfter), () => (response.socket as Socket).destroy());
    return;
  }
  if (answer.trickle) await trickle(response, body, answer.trickle);
  else response.end(body);
}

async function trickle(
  response: http.ServerResponse,
  body: Uint8Array,
  { bytes, everyMs }: NonNullable<Answer["trickle"]>,
): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += bytes) {
    response.write(body.subarray(at, at + bytes));
    await sleep(everyMs);
  }
  response.end();
}

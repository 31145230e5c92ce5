import type { IncomingMessage, ServerResponse } from "node:http";
import type { Seat } from "../server.js";
import { failure, GZIPPED, type SharedAnswer, takesGzip } from "./answers.js";
import type { Waiters } from "./waiters.js";

/** The used part of a request and its response, in HTTP/1.1 or HTTP/2. */
export type WaitRequest = Pick<IncomingMessage, "method" | "url" | "headers" | "httpVersionMajor" | "socket">;
export type WaitResponse = Pick<
  ServerResponse,
  "writeHead" | "end" | "once" | "destroyed" | "headersSent" | "writableEnded"
>;

export interface Exchange {
  readonly request: WaitRequest;
  readonly response: WaitResponse;
  readonly seat: Seat;
}

/** A request that wants to wait for news of a topic. */
export interface NewsWish<Topic> {
  readonly topic: Topic;
  /** A larger index ends the wait. */
  readonly above: number;
  /** How long it waits at most, in milliseconds. */
  readonly waitMs: number;
  /** There are news already: the request does not wait. */
  readonly hasNews: boolean;
  /** The response when the wait is over. */
  readonly answer: () => SharedAnswer;
  /** The parameter that makes it wait. */
  readonly parameter: string;
}

const CLOSING = { connection: "close" };
const RETRY = { "retry-after": "5" };
export const NO_SEAT = "as many connections wait for news as there may be";
/** The start of an absolute-form target, which a proxy may send (RFC 9112 §3.2.2). */
const ORIGIN = /^https?:\/\/[^/]*/i;

/** What a request is for. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** The path and the parameters of a request. As on all routes, the path may end in a slash, which is left out. */
export function requestTarget({ url = "" }: Pick<WaitRequest, "url">): RequestTarget {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path: path.replace(ORIGIN, "").replace(/\/$/, ""), query: mark < 0 ? "" : url.slice(mark + 1) };
}

/** The same of a request that may wait, for which it needs parameters; `undefined` for one that can not. */
export function waitTarget(request: WaitRequest): RequestTarget | undefined {
  const { method, url = "" } = request;
  return url.includes("?") && (method === "GET" || method === "HEAD") ? requestTarget(request) : undefined;
}

/**
 * Answers a request as soon as there are news. One change may answer thousands of them, and their clients ask again at once. So each costs
 * little, and their responses share the same bytes.
 */
export function answerOnNews<Topic>(exchange: Exchange, waiters: Waiters<Topic>, wish: NewsWish<Topic>): void {
  const { request, response, seat } = exchange;
  const { topic, above, waitMs } = wish;
  const acceptsGzip = takesGzip(request.headers["accept-encoding"]);
  const send = () =>
    sendShared(response, wish.answer(), {
      acceptsGzip,
      isLast: () => waiters.isClosed && request.httpVersionMajor === 1,
    });
  if (wish.hasNews) {
    send();
    return;
  }
  const address = request.socket.remoteAddress ?? "";
  const refusal = waiters.refusal(address) ?? (seat.take() ? undefined : NO_SEAT);
  if (refusal !== undefined) {
    const why = failure(503, `${refusal}; ask again later, or without ${wish.parameter}`, RETRY);
    sendShared(response, why, { acceptsGzip, isLast: () => false });
    return;
  }
  const answer = () => {
    seat.leave();
    send();
  };
  const leave = waiters.add({ topic, above, waitMs, address, answer });
  response.once("close", () => {
    leave();
    seat.leave();
  });
}

interface Sending {
  readonly acceptsGzip: boolean;
  /** Whether the connection is to be closed after it. */
  readonly isLast: () => boolean;
}

function sendShared(response: WaitResponse, answer: SharedAnswer, { acceptsGzip, isLast }: Sending): void {
  const send = (bytes: Buffer | null, more: Readonly<Record<string, string>> = {}) => {
    if (response.destroyed || response.writableEnded) return;
    const length = bytes && { "content-length": bytes.length };
    const headers = { ...answer.headers, ...more, ...(isLast() && CLOSING), ...length };
    response.writeHead(answer.status, headers).end(bytes ?? undefined);
  };
  const rendering = answer.status === 304 ? undefined : answer.rendering;
  if (!acceptsGzip || !rendering?.isWorthGzipping) send(answer.body);
  else if (rendering.readyGzipped) send(rendering.readyGzipped, GZIPPED);
  else
    rendering.gzipped().then(
      (bytes) => send(bytes, GZIPPED),
      () => send(answer.body),
    );
}

import { GZIPPED, takesGzip } from "../catalog/answers.js";
import { parseDuration } from "../catalog/wait.js";
import type { WaitRequest, WaitResponse } from "../catalog/waits.js";
import type { Seat } from "../server.js";
import type { Waiters } from "../waiting/waiters.js";
import { VIPS, type VipBoard, type VipTopic } from "./board.js";

export const VIPS_PATH = "/v1/vips";

/** Milliseconds. */
const DEFAULT_WAIT = 30_000;
const MAX_WAIT = 600_000;
/** Each request waits longer by a random part of its time, up to this one, so that those that began together do not end together. */
const SPREAD = 1 / 16;
const JSON_TYPE = { "content-type": "application/json" };
const RETRY = { "retry-after": "5" };

export interface VipWaitsOptions {
  readonly board: VipBoard;
  readonly waiters: Waiters<VipTopic>;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** What a request for the list wants. */
export interface VipWish {
  /** The tag that the client has; "" for none. */
  readonly etag: string;
  /** How long it waits for another one, in milliseconds; `undefined` to be answered at once. */
  readonly waitMs: number | undefined;
}

/** `?wait=30s&etag="…"`, or a sentence that says what is wrong. @param ifNoneMatch the header */
export function vipWish(query: URLSearchParams, ifNoneMatch: string | undefined): VipWish | string {
  const wait = query.get("wait");
  const etag = query.get("etag") ?? ifNoneMatch ?? "";
  if (wait === null) return { etag, waitMs: undefined };
  const ms = wait === "" ? DEFAULT_WAIT : parseDuration(wait);
  if (ms === undefined)
    return `wait is ${JSON.stringify(wait.slice(0, 40))}, not a time: give numbers with a unit each (ms, s, m, h), such as 30s`;
  return { etag, waitMs: Math.min(ms, MAX_WAIT) };
}

/**
 * Handles requests that wait for another list of virtual addresses: every node of a cluster has one. A change answers all of them with the
 * same bytes.
 */
export class VipWaits {
  readonly #options: VipWaitsOptions;

  constructor(options: VipWaitsOptions) {
    this.#options = options;
  }

  /** Returns false, and does nothing, if the request does not wait or is wrong: then the routes respond. */
  handle(request: WaitRequest, response: WaitResponse, seat: Seat): boolean {
    const { method, url = "", headers, socket } = request;
    const { board, waiters, random } = this.#options;
    const mark = url.indexOf("?");
    if (mark < 0 || method !== "GET" || url.slice(0, mark) !== VIPS_PATH || board.state !== "ready") return false;
    const wish = vipWish(new URLSearchParams(url.slice(mark + 1)), headers["if-none-match"]);
    if (typeof wish === "string" || wish.waitMs === undefined) return false;
    const acceptsGzip = takesGzip(headers["accept-encoding"]);
    if (wish.etag !== board.list.etag) {
      this.#send(response, wish.etag, acceptsGzip);
      return true;
    }
    const address = socket.remoteAddress ?? "";
    const refusal =
      waiters.refusal(address) ?? (seat.take() ? undefined : "as many connections wait for news as there may be");
    if (refusal !== undefined) {
      const body = Buffer.from(JSON.stringify({ error: `${refusal}; ask again later, or without wait` }));
      response.writeHead(503, { ...JSON_TYPE, ...RETRY, "content-length": body.length }).end(body);
      return true;
    }
    const answer = () => {
      seat.leave();
      this.#send(response, wish.etag, acceptsGzip);
    };
    const waitMs = wish.waitMs * (1 + SPREAD * random());
    const leave = waiters.add({ topic: VIPS, above: board.indexOf(), waitMs, address, answer });
    response.once("close", () => {
      leave();
      seat.leave();
    });
    return true;
  }

  #send(response: WaitResponse, known: string, acceptsGzip: boolean): void {
    if (response.destroyed || response.writableEnded) return;
    const { board } = this.#options;
    if (board.state !== "ready") {
      response.writeHead(503, RETRY).end();
      return;
    }
    const { rendering, etag } = board.list;
    const headers = { ...JSON_TYPE, etag, vary: "accept-encoding" };
    if (known === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    const send = (body: Buffer, more: Readonly<Record<string, string>> = {}) => {
      if (response.destroyed || response.writableEnded) return;
      response.writeHead(200, { ...headers, ...more, "content-length": body.length }).end(body);
    };
    if (!acceptsGzip || !rendering.isWorthGzipping) send(rendering.body);
    else if (rendering.readyGzipped) send(rendering.readyGzipped, GZIPPED);
    else
      rendering.gzipped().then(
        (body) => send(body, GZIPPED),
        () => send(rendering.body),
      );
  }
}

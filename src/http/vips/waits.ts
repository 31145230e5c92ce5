import type { Seat } from "../server.js";
import { readWait } from "../waiting/duration.js";
import { answerOnNews, type WaitRequest, type WaitResponse, waitTarget } from "../waiting/news.js";
import type { Waiters } from "../waiting/waiters.js";
import { vipAnswerTo } from "./answers.js";
import { VIPS, type VipBoard, type VipTopic } from "./board.js";

export const VIPS_PATH = "/v1/vips";

/** Milliseconds. */
const DEFAULT_WAIT = 30_000;

export interface VipWaitsOptions {
  readonly board: VipBoard;
  readonly waiters: Waiters<VipTopic>;
  /** From 0 up to but not including 1. Determines how much longer than requested a request waits. */
  readonly random: () => number;
}

/** What a request for the list wants. */
export interface VipWish {
  /** The tag that the client has; "" for none. */
  readonly etag: string;
  /** How long it waits for another one, in milliseconds; `undefined` to be answered at once. */
  readonly waitMs: number | undefined;
}

/**
 * `?wait=30s&etag="…"`, or a sentence that says what is wrong.
 *
 * @param ifNoneMatch the header
 * @param random from 0 up to but not including 1
 */
export function vipWish(
  query: URLSearchParams,
  ifNoneMatch: string | undefined,
  random: () => number = () => 0,
): VipWish | string {
  const wait = query.get("wait");
  const etag = query.get("etag") ?? ifNoneMatch ?? "";
  if (wait === null) return { etag, waitMs: undefined };
  const waitMs = readWait(wait, DEFAULT_WAIT, random);
  return typeof waitMs === "string" ? waitMs : { etag, waitMs };
}

/** Handles requests that wait for another list of virtual addresses: every node of a cluster has one. */
export class VipWaits {
  readonly #options: VipWaitsOptions;

  constructor(options: VipWaitsOptions) {
    this.#options = options;
  }

  /** Returns false, and does nothing, if the request does not wait or is wrong: then the routes respond. */
  handle(request: WaitRequest, response: WaitResponse, seat: Seat): boolean {
    const { board, waiters, random } = this.#options;
    const target = board.state === "ready" ? waitTarget(request) : undefined;
    if (target?.path !== VIPS_PATH) return false;
    const wish = vipWish(new URLSearchParams(target.query), request.headers["if-none-match"], random);
    if (typeof wish === "string" || wish.waitMs === undefined) return false;
    const { etag, waitMs } = wish;
    const hasNews = etag !== board.list.etag;
    const answer = () => vipAnswerTo(board, etag);
    const news = { topic: VIPS, above: board.indexOf(), waitMs, hasNews, answer, parameter: "wait" };
    answerOnNews({ request, response, seat }, waiters, news);
    return true;
  }
}

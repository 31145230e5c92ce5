import type { Context, Handler } from "hono";
import { failure, NO_STATE, respondWith, type SharedAnswer } from "../waiting/answers.js";
import { NO_SEAT } from "../waiting/news.js";
import { NOT_SERVED, vipAnswerTo } from "./answers.js";
import type { VipBoard } from "./board.js";
import { EVENTS_HEADERS, VIP_EVENTS_PATH } from "./streams.js";
import { VIPS_PATH, vipWish } from "./waits.js";

/**
 * `GET /v1/vips`, answered at once, and streams that cannot be. Requests that wait and streams do not come here: `VipWaits` and
 * `VipStreams` answer them.
 */
export function vipRoutes(board: VipBoard): [path: string, handler: Handler][] {
  return [
    [VIPS_PATH, (c) => respond(c, board)],
    [VIP_EVENTS_PATH, (c) => respondToStream(c, board)],
  ];
}

/** HEAD has no stream, and asks whether there would be one. */
async function respondToStream(c: Context, board: VipBoard): Promise<Response> {
  if (c.req.method === "HEAD" && board.state === "ready") return c.body(null, 200, EVENTS_HEADERS);
  return respondWith(c, whyNoStream(board));
}

function whyNoStream({ state }: VipBoard): SharedAnswer {
  if (state === "off") return NOT_SERVED;
  return state === "empty" ? NO_STATE : failure(503, `${NO_SEAT}; ask again later`, { "retry-after": "5" });
}

async function respond(c: Context, board: VipBoard): Promise<Response> {
  const wish = vipWish(new URL(c.req.url).searchParams, c.req.header("if-none-match"));
  if (typeof wish === "string" && board.state !== "off") return c.json({ error: wish }, 400);
  return respondWith(c, vipAnswerTo(board, typeof wish === "string" ? "" : wish.etag));
}

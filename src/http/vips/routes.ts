import type { Context, Handler } from "hono";
import { respondWith } from "../waiting/answers.js";
import { vipAnswerTo } from "./answers.js";
import type { VipBoard } from "./board.js";
import { VIPS_PATH, vipWish } from "./waits.js";

/** `GET /v1/vips`, answered at once. Requests that wait do not come here: `VipWaits` answers them. */
export function vipRoutes(board: VipBoard): [path: string, handler: Handler][] {
  return [[VIPS_PATH, (c) => respond(c, board)]];
}

async function respond(c: Context, board: VipBoard): Promise<Response> {
  const wish = vipWish(new URL(c.req.url).searchParams, c.req.header("if-none-match"));
  if (typeof wish === "string" && board.state !== "off") return c.json({ error: wish }, 400);
  return respondWith(c, vipAnswerTo(board, typeof wish === "string" ? "" : wish.etag));
}

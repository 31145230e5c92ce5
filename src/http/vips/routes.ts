import type { Context, Handler } from "hono";
import { GZIPPED, takesGzip } from "../catalog/answers.js";
import type { VipBoard } from "./board.js";
import { VIPS_PATH, vipWish } from "./waits.js";

/** `GET /v1/vips`, answered at once. Requests that wait do not come here: `VipWaits` answers them. */
export function vipRoutes(board: VipBoard): [path: string, handler: Handler][] {
  return [[VIPS_PATH, (c) => respond(c, board)]];
}

async function respond(c: Context, board: VipBoard): Promise<Response> {
  if (board.state === "off")
    return c.json({ error: 'virtual addresses are not served: set "vips": {"names": true} in the configuration' }, 404);
  const wish = vipWish(new URL(c.req.url).searchParams, c.req.header("if-none-match"));
  if (typeof wish === "string") return c.json({ error: wish }, 400);
  if (board.state === "empty")
    return c.json({ error: "no state from a Mesos master yet; /readyz says why" }, 503, { "retry-after": "1" });
  const { rendering, etag } = board.list;
  if (wish.etag === etag) return c.body(null, 304, { etag });
  const headers = { "content-type": "application/json", etag, vary: "accept-encoding" };
  if (!rendering.isWorthGzipping || !takesGzip(c.req.header("accept-encoding")))
    return c.body(Uint8Array.from(rendering.body), 200, headers);
  return c.body(Uint8Array.from(await rendering.gzipped()), 200, { ...headers, ...GZIPPED });
}

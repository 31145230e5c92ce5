import type { Context } from "hono";
import type { ApiContext } from "./context.js";
import { isNoForeignPage, isThisMachine } from "./permission.js";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 500;

/** `GET /v1/top[?limit=N]`: who has asked what in the last minute. For programs on this machine alone: it tells of clients. */
export async function topNow(c: Context, context: ApiContext): Promise<Response> {
  if (!isThisMachine(c, context.proxies())) {
    return c.json(
      { error: "who asks what is told to this machine alone: ask from there, as with `mesos-dns top`" },
      403,
    );
  }
  if (!isNoForeignPage(c, context.hostname)) {
    return c.json(
      {
        error:
          "who asks what is not told to web pages: ask for it at an address, at localhost or at this machine's own name",
      },
      403,
    );
  }
  const text = c.req.query("limit") ?? String(DEFAULT_LIMIT);
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_LIMIT) {
    return c.json({ error: `limit is ${JSON.stringify(text)}; it is to be a number from 1 to ${MAX_LIMIT}` }, 400);
  }
  const report = await context.top(limit).catch(() => undefined);
  if (report) return c.json(report);
  return c.json({ error: "the thread that counts queries does not answer; the log says more" }, 503, {
    "retry-after": "1",
  });
}

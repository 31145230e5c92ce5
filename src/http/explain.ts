import type { Context } from "hono";
import { parseAddress } from "../base/addresses.js";
import { MAX_QUESTION } from "../explain/question.js";
import { carrierOf } from "./carrier.js";
import { clientOf } from "./client.js";
import type { ApiContext } from "./context.js";

/** `GET /v1/explain?q=WORD[&client=ADDRESS]`: why a name, a task or an address is answered as it is. */
export async function explainNow(c: Context, context: ApiContext): Promise<Response> {
  const question = c.req.query("q")?.trim() ?? "";
  const client = c.req.query("client") ?? "";
  if (question === "" || question.length > MAX_QUESTION) {
    return c.json(
      { error: `q is to be a name, the id of a task or an address, of at most ${MAX_QUESTION} characters` },
      400,
    );
  }
  if (client !== "" && !parseAddress(client)) {
    return c.json({ error: `client is ${JSON.stringify(client)}; it is to be an IP address` }, 400);
  }
  const { client: asker } = clientOf(c, context.proxies());
  const { gone } = carrierOf(c);
  const findings = await context.explain({ question, client, asker, gone }).catch(() => undefined);
  if (findings) return c.json({ question, findings });
  return c.json({ error: "too many questions at a time, or the builder is being started again" }, 503, {
    "retry-after": "1",
  });
}

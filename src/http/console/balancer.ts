import type { Context } from "hono";
import { cachedFor } from "../../base/cached-for.js";
import { causeOf } from "../../base/errors.js";
import { formatHostPort } from "../../base/host-port.js";
import type { ApiContext } from "../context.js";

const STATUS = "/v1/lb";
const ANSWER_MS = 3_000;
/** However many look, the program is asked once in this time. */
const SHARED_MS = 1_000;
const MAX_OCTETS = 16 * 1024 * 1024;

/**
 * `GET /v1/console/lb`: what `mesos-dns lb run` tells of itself. It is a program of its own, beside this server and with the same
 * configuration.
 */
export function balancerRoute(context: ApiContext): (c: Context) => Promise<Response> {
  const told = cachedFor(
    SHARED_MS,
    () => context.timers.now(),
    () => tell(context),
  );
  return async (c) => {
    if (!context.config().lb.enabled) return c.json({ error: "there is no load balancer: lb.enabled is false" }, 404);
    const answer = await told();
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return c.body(answer.text, answer.status, headers);
  };
}

async function tell(context: ApiContext): Promise<{ readonly status: 200 | 503; readonly text: string }> {
  const at = formatHostPort(context.config().lb.listen);
  const failed = (why: string) => {
    const error = `mesos-dns lb run does not tell its state at ${at} (lb.listen): ${why}`;
    return { status: 503, text: JSON.stringify({ error }) } as const;
  };
  try {
    const response = await fetch(`http://${at}${STATUS}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
      redirect: "error",
    });
    if (!response.ok) return failed(`status ${response.status}`);
    const text = await response.text();
    return text.length > MAX_OCTETS
      ? failed(`its answer has more than ${MAX_OCTETS} characters`)
      : { status: 200, text };
  } catch (error) {
    return failed(causeOf(error));
  }
}

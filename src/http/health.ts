import type { Context } from "hono";
import { parseAddress } from "../base/addresses.js";
import { isObject } from "../base/lenient.js";
import { isSameSecret } from "../base/same-secret.js";
import { parseJsonOrText } from "../config/format.js";
import { splitInstance } from "../config/health.js";
import { MAX_OVERRIDE_SECONDS, type Override } from "../health/overrides.js";
import type { InstanceReport } from "../health/report.js";
import { isFlapping } from "../health/state.js";
import { mediaTypeOf, readBody } from "./body.js";
import type { ApiContext } from "./context.js";
import { isThisMachine, tokenOf } from "./permission.js";

const MAX_BODY = 1_024;
const NOTHING_CHECKED = "nothing is checked: healthChecks is empty, or no record uses it";

/** `GET /v1/health`: every instance, whether it is healthy, since when and why. */
export function healthNow(c: Context, { health }: ApiContext): Response {
  const report = health.report();
  if (!report) return c.json({ error: NOTHING_CHECKED }, 404);
  return c.json({ instances: report.instances.map(describeInstance), late: report.late });
}

function describeInstance({ name, check, type, address, isHealthy, state, since, override }: InstanceReport) {
  return {
    instance: name,
    check,
    type,
    target: address ?? null,
    healthy: isHealthy,
    since: timeOf(since),
    forced: override ? { force: override.force, until: timeOf(override.until ?? undefined) } : null,
    checks: state
      ? {
          state: state.last === undefined ? "unknown" : state.isUp ? "up" : "down",
          since: timeOf(state.since),
          against: state.against,
          flapping: isFlapping(state),
          last: state.last
            ? { at: timeOf(state.last.at), seconds: state.last.seconds, error: state.last.error ?? null }
            : null,
        }
      : null,
  };
}

function timeOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

/** `POST /v1/health/<instance>`: says that it is up or down whatever its checks say, or takes that back. */
export async function overrideHealth(c: Context, context: ApiContext): Promise<Response> {
  const refusal = refusalOf(c, context);
  if (refusal) return refusal;
  if (mediaTypeOf(c) !== "application/json") return c.json({ error: "the content type must be application/json" }, 415);
  const body = await readBody(c, MAX_BODY);
  if (body === undefined) return c.json({ error: "the body broke off" }, 400);
  if (body.length > MAX_BODY) return c.json({ error: `the body has at most ${MAX_BODY} octets` }, 413);
  const wish = readWish(Buffer.from(body).toString(), context.now());
  if (!wish) return c.json({ error: ALLOWED }, 400);
  const name = canonical(c.req.param("instance") ?? "");
  const instances = context.health.report()?.instances ?? [];
  if (!instances.some((instance) => instance.name === name))
    return c.json({ error: `there is no instance ${name}; GET /v1/health lists them` }, 404);
  const { isKept, report } = await context.health.override(name, wish.override);
  const after = report.instances.find((instance) => instance.name === name);
  return c.json({ ...(after && describeInstance(after)), keptOverRestart: isKept });
}

const ALLOWED = `the body must be {"force": "up" or "down", "seconds": 1 to ${MAX_OVERRIDE_SECONDS}}, without seconds for as long as nobody takes it back, or {"force": null} to do that`;

/** The response to a client that may not say so; `undefined` if it may. */
function refusalOf(c: Context, context: ApiContext): Response | undefined {
  const token = context.config().healthOverrideToken;
  const given = tokenOf(c);
  if (token !== "" && given !== undefined && isSameSecret(given, token)) return undefined;
  // A page in a browser on this machine comes from this machine too, and says where the page is from.
  const isFromPage = c.req.header("origin") !== undefined;
  if (given === undefined && !isFromPage && isThisMachine(c, context.proxies())) return undefined;
  const wanted = token === "" ? "only programs on this machine may do that" : "a token is needed";
  return c.json({ error: wanted }, token === "" ? 403 : 401, token === "" ? {} : { "www-authenticate": "Bearer" });
}

interface Wish {
  /** `undefined` takes it back. */
  readonly override: Override | undefined;
}

function readWish(text: string, now: number): Wish | undefined {
  const value = parseJsonOrText(text);
  if (!isObject(value)) return undefined;
  const { force, seconds, ...rest } = value;
  if (Object.keys(rest).length > 0) return undefined;
  if (force === null && seconds === undefined) return { override: undefined };
  if (force !== "up" && force !== "down") return undefined;
  if (seconds === undefined) return { override: { force, until: null } };
  const isGood = typeof seconds === "number" && seconds >= 1 && seconds <= MAX_OVERRIDE_SECONDS;
  return isGood ? { override: { force, until: now + seconds * 1_000 } } : undefined;
}

/** The address in an instance's name may be spelled in any way. */
function canonical(name: string): string {
  const { check, address } = splitInstance(name);
  if (address === undefined) return name;
  return `${check}@${parseAddress(address)?.text ?? address}`;
}

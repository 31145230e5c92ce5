import type { Context, Handler } from "hono";
import type { Question } from "../../console/questions.js";
import type { ApiContext } from "../context.js";
import { ASSETS_PATH, type Assets } from "./assets.js";
import { balancerRoute } from "./balancer.js";
import { describeFeatures } from "./features.js";
import { readQuestion } from "./parameters.js";

const KINDS: readonly Question["kind"][] = [
  "search",
  "tasks",
  "services",
  "agents",
  "names",
  "task",
  "service",
  "agent",
  "name",
];
const PREFIX = "/v1/console";
const YEAR = "public, max-age=31536000, immutable";

/** Left out of a page; more are nobody's reading. */
const MAX_LEFT_OUT = 500;

type Route = readonly [path: string, handler: Handler];

/** The routes of the console, but for its streams. */
export function consoleRoutes(context: ApiContext): Route[] {
  const whenOn = (handler: (c: Context) => Response | Promise<Response>): Handler => {
    return (c) =>
      context.config().console ? handler(c) : c.json({ error: "there is no console: console is false" }, 404);
  };
  return [
    [`${ASSETS_PATH}/:file`, whenOn((c) => sendAsset(c, context.console.assets()))],
    [`${PREFIX}/features`, whenOn((c) => c.json(describeFeatures(context), 200, NO_STORE))],
    [`${PREFIX}/left-out`, whenOn((c) => leftOut(c, context))],
    [`${PREFIX}/lb`, whenOn(balancerRoute(context))],
    ...KINDS.map((kind): Route => [`${PREFIX}/${kind}`, whenOn((c) => answer(c, kind, context))]),
  ];
}

const NO_STORE = { "cache-control": "no-store" };

async function answer(c: Context, kind: Question["kind"], context: ApiContext): Promise<Response> {
  if (!context.config().EnumerationOn)
    return c.json({ error: "tasks and names are not listed: EnumerationOn is false" }, 403);
  const question = readQuestion(kind, (name) => c.req.query(name));
  if (typeof question === "string") return c.json({ error: question }, 400);
  let text: string | undefined;
  try {
    text = await context.console.ask(question);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return c.json({ error: `no answer at the moment: ${why}` }, 503, { "retry-after": "1" });
  }
  if (text === undefined) return c.json({ error: "there is no such thing" }, 404);
  return c.body(text, 200, { "content-type": "application/json", ...NO_STORE });
}

/** What of the cluster has no names, and why. */
function leftOut(c: Context, context: ApiContext): Response {
  if (!context.config().EnumerationOn) return c.json({ error: "tasks are not listed: EnumerationOn is false" }, 403);
  const skipped = context.status().build?.skipped ?? [];
  return c.json({ total: skipped.length, rows: skipped.slice(0, MAX_LEFT_OUT) }, 200, NO_STORE);
}

function sendAsset(c: Context, assets: Assets | undefined): Response {
  const name = c.req.param("file") ?? "";
  const asset = assets?.find(name);
  if (!asset) return c.json({ error: `there is no file ${name} of the console` }, 404);
  const etag = `"${name}"`;
  const headers = { "cache-control": YEAR, etag, vary: "accept-encoding", "x-content-type-options": "nosniff" };
  if (c.req.header("if-none-match") === etag) return c.body(null, 304, headers);
  const isGzipped = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  const encoding = isGzipped ? { "content-encoding": "gzip" } : {};
  return c.body(isGzipped ? asset.gzipped : asset.body, 200, { "content-type": asset.type, ...headers, ...encoding });
}

import { type Context, Hono } from "hono";
import { messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { isSameSecret } from "../../base/same-secret.js";
import { serviceOf } from "../../lb/bamboo/data.js";
import { goJson } from "../../lb/bamboo/json.js";
import { criteriaOf } from "../../lb/bamboo/rules/criteria.js";
import { overlapOf } from "../../lb/bamboo/rules/overlap.js";
import { overlapsIn, routeOf } from "../../lb/bamboo/rules/routing.js";
import type { Rule } from "../../lb/bamboo/rules/rule.js";
import { readRuleRequest } from "../../lb/bamboo/rules/rule-request.js";
import type { RulesStore } from "../../lb/bamboo/rules/store.js";
import { bambooState, jsonOf } from "../../lb/bamboo/state.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import { readBody } from "../body.js";
import type { TrustedProxies } from "../client-address.js";
import { isNoForeignPage, isThisMachine, tokenOf } from "../permission.js";
import { CONTENT_POLICY, PAGE, SCRIPT } from "./page.js";

/** What Bamboo's API needs of the rest of the program. */
export interface BambooContext {
  readonly rules: RulesStore;
  /** Marathon's apps; `undefined` if it has not told them. */
  apps(): readonly MarathonApp[] | undefined;
  /** What whoever writes has to know; "" if nobody may write but programs on this machine. */
  token(): string;
  /** Proxies that are believed what they say of their clients. */
  proxies(): TrustedProxies;
  /** What HAProxy has against a rule, in its words; `undefined` if nothing. */
  check(rule: Rule): Promise<string | undefined>;
  /** Something has happened in Marathon: look again. */
  look(): void;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly log: Pick<Logger, "error">;
}

/** Octets of a rule. ZooKeeper's nodes have room for ten times as much. */
const MAX_RULE = 64 << 10;
/** Octets of an event, which nobody reads. */
const MAX_EVENT = 4 << 20;

/** For how long a text is given that depends on the time. */
const FRESH_MS = 1_000;

const TEXT = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
const JSON_TYPE = { "content-type": "application/json", "x-content-type-options": "nosniff" };
const SERVICES = "/api/services";

/**
 * Bamboo's HTTP API, with its answers to the octet, and a page to edit rules. Beyond Bamboo, it refuses what would break a
 * configuration or hijack another app, and those who may not write.
 */
export function createBambooApi(context: BambooContext): Hono {
  const api = new Hono();
  const listings: Listings = {
    state: once(() => stateNow(context), context),
    overlaps: once(() => overlapsNow(context), context),
  };
  api.all("*", (c) => answer(c, context, listings));
  api.onError((error, c) => {
    context.log.error({ err: error, method: c.req.method, path: c.req.path }, "answering an HTTP request failed");
    return c.body("internal error; the log of the server says more\n", 500, TEXT);
  });
  return api;
}

/** Texts that take long to make. */
interface Listings {
  readonly state: () => string;
  readonly overlaps: () => string;
}

/** The same text as a moment ago, if nothing has changed: whoever asks again and again costs no more than who asks once. */
function once(make: () => string, { apps, rules, now }: BambooContext): () => string {
  let last: { readonly of: readonly unknown[]; readonly at: number; readonly text: string } | undefined;
  return () => {
    const of = [apps(), rules.rules(), rules.failure];
    const at = now();
    if (!last || Math.abs(at - last.at) >= FRESH_MS || last.of.some((part, index) => part !== of[index])) {
      last = { of, at, text: make() };
    }
    return last.text;
  };
}

/** Routed by hand: ids have slashes in them and in front. */
async function answer(c: Context, context: BambooContext, listings: Listings): Promise<Response> {
  const { pathname } = new URL(c.req.url);
  const method = c.req.method === "HEAD" ? "GET" : c.req.method;
  switch (`${method} ${pathname}`) {
    case "GET /":
      return c.body(PAGE, 200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": CONTENT_POLICY,
      });
    case "GET /page.js":
      return c.body(SCRIPT, 200, {
        "content-type": "text/javascript; charset=utf-8",
        "x-content-type-options": "nosniff",
      });
    case "GET /status":
      return c.body("OK", 200, TEXT);
    case "GET /api/state":
      return c.body(listings.state(), 200, TEXT);
    case "GET /api/overlaps":
      return c.body(listings.overlaps(), 200, JSON_TYPE);
    case "GET /api/route":
      return route(c, context);
    case "GET /api/services":
      return rulesNow(c, context);
    case "POST /api/services":
      return refusalOf(c, context) ?? write(c, context);
    case "POST /api/marathon/event_callback":
      await readBody(c, MAX_EVENT);
      context.look();
      return c.body("Got it!", 200, TEXT);
  }
  if (!pathname.startsWith(`${SERVICES}/`)) return notFound(c);
  if (method === "PUT") return refusalOf(c, context) ?? write(c, context);
  if (method === "DELETE") return refusalOf(c, context) ?? remove(c, context, pathname.slice(SERVICES.length + 1));
  return notFound(c);
}

function stateNow({ apps, rules, now }: BambooContext): string {
  const known = apps();
  return known && !rules.failure ? bambooState(known, rules.rules(), now()) : "null";
}

function overlapsNow({ rules }: BambooContext): string {
  return goJson(overlapsIn(rules.rules()));
}

function rulesNow(c: Context, { rules }: BambooContext): Response {
  if (rules.failure) return refuse(c, rules.failure.message);
  const all = new Map([...rules.rules()].map(([id, rule]) => [id, jsonOf(serviceOf(rule))]));
  return c.body(goJson(all), 200, JSON_TYPE);
}

/** Bamboo has nothing of that: which app gets a request for `host` and `path`. */
function route(c: Context, { rules }: BambooContext): Response {
  const host = (c.req.query("host") ?? "").toLowerCase().replace(/:\d+$/, "");
  const { id = null, unclear } = routeOf(rules.rules().values(), { host, path: c.req.query("path") ?? "/" });
  return c.body(goJson({ id, unclear }), 200, JSON_TYPE);
}

async function write(c: Context, { rules, check }: BambooContext): Promise<Response> {
  const body = await readBody(c, MAX_RULE);
  if (body && body.length > MAX_RULE) return refuse(c, `the body has at most ${MAX_RULE} octets`, 413);
  const rule = readRuleRequest(Buffer.from(body ?? "").toString());
  if (typeof rule === "string") return refuse(c, rule);
  const overlap = c.req.query("force") === "true" ? undefined : overlapWith(rule, rules);
  if (overlap !== undefined)
    return refuse(c, `the rule is not stored: ${overlap}; ?force=true stores it all the same`, 409);
  const complaint = await check(rule);
  if (complaint !== undefined) return refuse(c, complaint);
  try {
    await rules.put(rule);
  } catch (error) {
    return refuse(c, messageOf(error));
  }
  return c.body(goJson(jsonOf(serviceOf(rule))), 200, JSON_TYPE);
}

function overlapWith(rule: Rule, rules: RulesStore): string | undefined {
  return overlapOf(criteriaOf(rule), Array.from(rules.rules().values(), criteriaOf));
}

async function remove(c: Context, { rules }: BambooContext, encoded: string): Promise<Response> {
  const id = decoded(encoded);
  if (id === undefined) return refuse(c, "the path is not valid percent-encoded UTF-8");
  if (id === "") return refuse(c, "can not use empty ID");
  try {
    const isGone = await rules.remove(id.startsWith("/") ? id : `/${id}`);
    return isGone ? c.body("null", 200, JSON_TYPE) : refuse(c, "zk: node does not exist");
  } catch (error) {
    return refuse(c, messageOf(error));
  }
}

function decoded(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function notFound(c: Context): Response {
  return refuse(c, "404 page not found", 404);
}

function refuse(c: Context, message: string, status: 400 | 401 | 403 | 404 | 409 | 413 = 400): Response {
  return c.body(`${message}\n`, status, TEXT);
}

/** The response to a client that may not write; `undefined` if it may. */
function refusalOf(c: Context, context: BambooContext): Response | undefined {
  const token = context.token();
  const given = tokenOf(c);
  if (token !== "") {
    if (given !== undefined && isSameSecret(given, token)) return undefined;
    return c.body("a token is needed: Authorization: Bearer TOKEN\n", 401, { ...TEXT, "www-authenticate": "Bearer" });
  }
  if (isThisMachine(c, context.proxies()) && (isNoPage(c) || isNoForeignPage(c, ""))) return undefined;
  return refuse(c, "only programs on this machine may write, as no token is configured", 403);
}

/** Whether no page has sent it: a page says where it is from wherever it writes. */
function isNoPage(c: Context): boolean {
  return c.req.header("origin") === undefined && (c.req.header("sec-fetch-site") ?? "none") === "none";
}

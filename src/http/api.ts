import { type Context, type Handler, Hono } from "hono";
import { describeConfig } from "../config/describe.js";
import { transfersZones } from "../config/transfers.js";
import type { Snapshot } from "../zone/snapshot.js";
import { axfr } from "./axfr.js";
import { catalogRoutes } from "./catalog/routes.js";
import { consoleRoutes } from "./console/routes.js";
import { SHELL_POLICY, shell } from "./console/shell.js";
import type { ApiContext } from "./context.js";
import { DohRoutes } from "./doh.js";
import { explainNow } from "./explain.js";
import { describeForwarding, flush } from "./forwarding.js";
import { healthNow, overrideHealth } from "./health.js";
import { Listings } from "./listings.js";
import { hostRows, portRows, serviceRows } from "./lookups.js";
import { page, plainContent } from "./page.js";
import { notes, unhealthyReasons, unreadyReasons } from "./readiness.js";
import { politely } from "./stream.js";
import { topNow } from "./top.js";
import { describeTransfers } from "./transfers.js";
import { vipRoutes } from "./vips/routes.js";

/** DNS over HTTPS (RFC 8484). */
const DOH = "/dns-query";
const FLUSH = "/v1/cache/flush";
const HEALTH = "/v1/health/:instance";
const HOMEPAGE = "https://github.com/mesosphere/mesos-dns";

/** The routes of Mesos-DNS and those for operators. All but two are read-only. docs/http-api.md shows each with its response. */
export function createApi(context: ApiContext): Hono {
  const api = new Hono({ strict: false });
  api.use(checkEncoding);
  for (const path of LISTINGS) {
    api.use(path, async (c, next) => (context.config().EnumerationOn ? next() : c.notFound()));
  }
  for (const [path, handler] of [
    ...nameRoutes(context),
    ...catalogRoutes(context.catalog),
    ...vipRoutes(context.vips),
    ...consoleRoutes(context),
    ...operatorRoutes(context),
  ]) {
    api.get(path, handler);
    api.all(path, (c) => methodNotAllowed(c, "GET, HEAD"));
  }
  api.post(FLUSH, (c) => (context.config().cache.allowFlush ? flush(c, context) : c.notFound()));
  api.all(FLUSH, (c) => (context.config().cache.allowFlush ? methodNotAllowed(c, "POST") : c.notFound()));
  api.post(HEALTH, (c) => (context.config().allowHealthOverride ? overrideHealth(c, context) : notAllowed(c)));
  api.all(HEALTH, (c) => (context.config().allowHealthOverride ? methodNotAllowed(c, "POST") : notAllowed(c)));
  const doh = new DohRoutes(context);
  api.get(DOH, (c) => doh.get(c));
  api.post(DOH, (c) => doh.post(c));
  api.all(DOH, (c) => methodNotAllowed(c, "GET, HEAD, POST"));
  api.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}; GET / lists what there is` }, 404));
  api.onError((error, c) => {
    context.log.error({ err: error, method: c.req.method, path: c.req.path }, "answering an HTTP request failed");
    return c.json({ error: "internal error; the log of the server says more" }, 500);
  });
  return api;
}

/** Routes that `EnumerationOn: false` removes. */
const LISTINGS = ["/v1/enumerate", "/v1/axfr"];

type Route = readonly [path: string, handler: Handler];

/** The routes that Mesos-DNS also has. */
function nameRoutes(context: ApiContext): Route[] {
  const listings = new Listings(context);
  const ofNames = (answer: (c: Context, snapshot: Snapshot) => Response | Promise<Response>) => (c: Context) => {
    const snapshot = context.snapshot();
    return snapshot.ready ? answer(c, snapshot) : notYet(c);
  };
  /** Many clients use only the first row, so rotate the rows at random: each is first equally often. */
  const turned = <Row>(rows: readonly Row[]) => {
    const first = context.random() % rows.length;
    return [...rows.slice(first), ...rows.slice(0, first)];
  };
  return [
    ["/v1/version", (c) => c.json({ Service: "Mesos-DNS", Version: context.version, URL: HOMEPAGE })],
    [
      "/v1/config",
      (c) => {
        const soaSerial = context.snapshot().serial;
        return c.json(describeConfig(context.config(), { file: context.configFile, soaSerial }));
      },
    ],
    ["/v1/hosts/:host", ofNames((c, snapshot) => c.json(turned(hostRows(snapshot, parameter(c, "host")))))],
    ["/v1/hosts/:host/ports", ofNames((c, snapshot) => c.json(portRows(snapshot, parameter(c, "host"))))],
    ["/v1/services/:service", ofNames((c, snapshot) => c.json(turned(serviceRows(snapshot, parameter(c, "service")))))],
    ["/v1/enumerate", ofNames((c) => listings.send(c, () => context.enumerate()))],
    ["/v1/axfr", ofNames((c) => listings.send(c, () => wholeZone(context)))],
  ];
}

/** The zone of a single snapshot, however long the client takes to read it. */
async function* wholeZone(context: ApiContext): AsyncGenerator<string> {
  const { snapshot, release } = context.pinSnapshot();
  try {
    yield* politely(axfr(snapshot, context.config()));
  } finally {
    release();
  }
}

/** A parameter of the route that matched, percent-decoded. */
function parameter(c: Context, name: string): string {
  return c.req.param(name) ?? "";
}

/** The routes for operators. */
function operatorRoutes(context: ApiContext): Route[] {
  const reasonsNow = () => unreadyReasons(context.status(), context.config(), context.now());
  const notesNow = () => notes(context.status(), context.now());
  const plainPage = (c: Context) =>
    c.html(page(context, reasonsNow(), notesNow()), 200, { "content-security-policy": CONTENT_POLICY });
  const consolePage = (c: Context) => {
    const { console, domain } = context.config();
    const assets = console ? context.console.assets() : undefined;
    if (!assets) return undefined;
    const headers = { "content-security-policy": SHELL_POLICY, "cache-control": "no-cache" };
    return c.html(shell(domain, assets, plainContent(context, reasonsNow(), notesNow())), 200, headers);
  };
  return [
    [
      "/metrics",
      async (c) => {
        const { contentType, body } = await context.metrics();
        return c.body(body, 200, { "content-type": contentType });
      },
    ],
    [
      "/healthz",
      (c) => {
        const reasons = unhealthyReasons(context.status());
        return reasons.length === 0 ? c.json({ healthy: true }) : c.json({ healthy: false, reasons }, 503);
      },
    ],
    [
      "/readyz",
      (c) => {
        const reasons = reasonsNow();
        const told = notesNow();
        const noted = told.length > 0 ? { notes: told } : {};
        if (reasons.length > 0) return c.json({ ready: false, reasons, ...noted }, 503);
        return c.json({ ready: true, serial: context.snapshot().serial, ...noted });
      },
    ],
    ["/v1/explain", (c) => explainNow(c, context)],
    ["/v1/top", (c) => topNow(c, context)],
    ["/v1/health", (c) => healthNow(c, context)],
    ["/v1/transfers", (c) => transfersNow(c, context)],
    ["/v1/forward", (c) => c.json(describeForwarding(context.forwarding(), context.config()))],
    ["/plain", (c) => plainPage(c)],
    ["/", (c) => consolePage(c) ?? plainPage(c)],
  ];
}

function transfersNow(c: Context, context: ApiContext): Response {
  const numbers = context.transfers();
  if (numbers) return c.json(describeTransfers(numbers));
  if (transfersZones(context.config())) {
    return c.json({ error: "the thread that transfers zones is about to start" }, 503, { "retry-after": "1" });
  }
  return c.json({ error: "zones are not transferred: allowTransfer and notify are empty" }, 404);
}

/** The page contains its style, and loads nothing else. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** hono passes on a path that it cannot decode unchanged. No name can be meant by it, so refuse it. */
const checkEncoding: Handler = async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return c.json({ error: "the path is not valid percent-encoded UTF-8" }, 400);
  }
  return next();
};

/** The response before the first state, when every name would look unknown. */
function notYet(c: Context): Response {
  return c.json({ error: "no state from a Mesos master yet; /readyz says why" }, 503, { "retry-after": "1" });
}

function notAllowed(c: Context): Response {
  return c.json({ error: "nobody may overrule health checks here: set allowHealthOverride in the configuration" }, 404);
}

function methodNotAllowed(c: Context, allow: string): Response {
  return c.json({ error: `${c.req.method} is not allowed here` }, 405, { allow });
}

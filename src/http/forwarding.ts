import type { Context } from "hono";
import { formatResolver } from "../base/host-port.js";
import type { AnswerConfig, ForwardConfig, Resolver } from "../config/config.js";
import { readZoneName } from "../config/names.js";
import type { ForwardReport, UpstreamReport } from "../forward/report.js";
import { encodeName } from "../wire/names.js";
import type { ApiContext } from "./context.js";

/** The response to `GET /v1/forward`: the upstreams for names outside the domain, their health, and the cache. */
export function describeForwarding(report: ForwardReport, config: ForwardConfig & Pick<AnswerConfig, "externalon">) {
  const { cache, waiting, questions, joined, overLimit } = report;
  const lists: (readonly [string, readonly Resolver[]])[] = [
    [".", config.resolvers],
    ...Object.entries(config.zoneResolvers),
  ];
  return {
    enabled: config.externalon,
    policy: config.forwardPolicy,
    zones: lists.map(([zone, resolvers]) => ({ zone, resolvers: resolvers.map(formatResolver) })),
    resolvers: Object.entries(report.upstreams).map(([resolver, upstream]) => ({
      resolver,
      ...describeUpstream(upstream),
      mixedCase: config.mixedCase && upstream.mixedCase,
    })),
    queries: { waiting, questions, joined, overLimit },
    cache: { enabled: config.cache.enabled, ...cache },
  };
}

function describeUpstream(upstream: UpstreamReport) {
  const { health, roundTripSeconds = null, inFlight, queries, results, ignored, mindsCase, lastFailure } = upstream;
  return { health, roundTripSeconds, inFlight, queries, results, ignored, mindsCase, lastFailure };
}

/** `POST /v1/cache/flush[?name=…]`: flushes the cached answers for a name, of all types, or all answers. */
export async function flush(c: Context, context: ApiContext): Promise<Response> {
  const text = c.req.query("name");
  if (text === undefined) return c.json({ flushed: await context.flushCache(undefined) });
  const name = text === "." ? "" : readZoneName(text);
  if (name === undefined) return c.json({ error: `${JSON.stringify(text)} is not a domain name` }, 400);
  return c.json({ flushed: await context.flushCache(Buffer.from(encodeName(name)).toString("latin1")) });
}

import { Hono } from "hono";
import { Registry } from "prom-client";
import { MesosDnsError } from "../base/errors.js";
import type { HostPort } from "../base/host-port.js";
import { type HttpServer, startHttp } from "../http/server.js";
import { register } from "../metrics/metric.js";
import { processMetrics } from "../metrics/process-metrics.js";
import { BUILD_INFO } from "../metrics/registry.js";
import { nodeMetrics } from "./metrics.js";
import { type NodeReport, statusOf } from "./report.js";

export const STATUS_PATH = "/v1/status";

/** Serves a node's status and metrics. Rejects with a `MesosDnsError` if it cannot listen. */
export async function startStatusServer({ host, port }: HostPort, read: () => NodeReport): Promise<HttpServer> {
  const registry = new Registry();
  for (const source of [BUILD_INFO, ...nodeMetrics(read), ...processMetrics()]) register(registry, source);
  const api = new Hono({ strict: false });
  api.get("/metrics", async (c) => c.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
  api.get(STATUS_PATH, (c) => c.json(statusOf(read(), Date.now())));
  api.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}: see ${STATUS_PATH} and /metrics` }, 404));
  try {
    return await startHttp({ api, host, port });
  } catch (error) {
    if (!(error instanceof MesosDnsError)) throw error;
    throw new MesosDnsError(error.code, `vips.statusListener: ${error.message}`, { cause: error });
  }
}

import { Hono } from "hono";
import { Registry } from "prom-client";
import { MesosDnsError } from "../base/errors.js";
import type { HostPort } from "../base/host-port.js";
import { type HttpServer, startHttp } from "../http/server.js";
import { type LbReport, statusOf } from "../lb/report.js";
import { register } from "../metrics/metric.js";
import { processMetrics } from "../metrics/process-metrics.js";
import { BUILD_INFO } from "../metrics/registry.js";
import { lbMetrics } from "./metrics.js";

export const STATUS_PATH = "/v1/lb";

export interface LbMaps {
  readonly hosts: string;
  readonly apps: string;
}

export interface StatusParts {
  readonly read: () => LbReport;
  /** The configuration that HAProxy has read. */
  readonly configuration: () => Promise<string>;
  /** The texts of its maps. */
  readonly maps: () => LbMaps;
  /** Has everything looked at again, or HAProxy read its configuration again. */
  readonly signal: (name: "hup" | "usr1") => void;
}

/** Serves status and metrics, and what marathon-lb told at HAProxy's own port. Rejects with a `MesosDnsError` if it cannot listen. */
export async function startStatusServer({ host, port }: HostPort, parts: StatusParts): Promise<HttpServer> {
  const { read } = parts;
  const registry = new Registry();
  for (const source of [BUILD_INFO, ...lbMetrics(read, Date.now), ...processMetrics()]) register(registry, source);
  const api = new Hono({ strict: false });
  api.get("/metrics", async (c) => c.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
  api.get(STATUS_PATH, (c) => c.json(statusOf(read(), Date.now())));
  api.get("/_haproxy_health_check", (c) => c.text("ok\n"));
  api.get("/_haproxy_getconfig", async (c) => c.text(await parts.configuration()));
  api.get("/_haproxy_getvhostmap", (c) => c.text(parts.maps().hosts));
  api.get("/_haproxy_getappmap", (c) => c.text(parts.maps().apps));
  api.get("/_haproxy_getpids", (c) => c.text(String(read().info?.pid ?? "")));
  for (const name of ["hup", "usr1"] as const) {
    api.all(`/_mlb_signal/${name}`, (c) => {
      parts.signal(name);
      return c.text(`Sent SIG${name.toUpperCase()} signal to marathon-lb`);
    });
  }
  api.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}: see ${STATUS_PATH} and /metrics` }, 404));
  try {
    return await startHttp({ api, host, port });
  } catch (error) {
    if (!(error instanceof MesosDnsError)) throw error;
    throw new MesosDnsError(error.code, `lb.listen: ${error.message}`, { cause: error });
  }
}

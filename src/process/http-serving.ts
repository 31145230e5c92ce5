import { randomInt } from "node:crypto";
import { hostname } from "node:os";
import { cachedFor } from "../base/cached-for.js";
import type { Logger, Verbosity } from "../base/log.js";
import { createRandom } from "../base/random.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import type { HttpConfig } from "../config/config.js";
import { createApi } from "../http/api.js";
import type { Topic } from "../http/catalog/board.js";
import { CatalogWaits } from "../http/catalog/waits.js";
import { proxiesOf, type TrustedProxies } from "../http/client-address.js";
import { type HttpServer, startHttp, type Waits } from "../http/server.js";
import type { VipTopic } from "../http/vips/board.js";
import { VipStreams } from "../http/vips/streams.js";
import { VipWaits } from "../http/vips/waits.js";
import { Waiters } from "../http/waiting/waiters.js";
import { createRegistry } from "../metrics/registry.js";
import { HTTPS } from "../serving/channels.js";
import type { TlsEvent } from "../serving/query-stats.js";
import type { Certificate } from "../transport/certificate.js";
import type { App } from "./app.js";
import { ConsoleServing } from "./console-serving.js";
import { type QueryLogging, writersOf } from "./query-logging.js";
import { whenFree } from "./take-over.js";
import { TopWatching } from "./top-watching.js";
import type { Upkeep } from "./upkeep.js";

/** The browser's program, beside the folder of this file. */
const CONSOLE = new URL("../console-app/", import.meta.url);
/** How long the text of /metrics is reused, in milliseconds: making it blocks the main thread. */
const METRICS_MS = 1000;

export interface HttpServingParts {
  readonly app: App;
  readonly log: Logger;
  /** As the process was started with: these keys need a restart. */
  readonly config: Pick<HttpConfig, "httplistener" | "httpport" | "httpsPort">;
  /** Absolute path. */
  readonly configFile: string;
  readonly verbosity: Verbosity;
  /** Whether to wait until the process that has the ports has closed them. */
  readonly takeOver: boolean;
  readonly upkeep: Pick<Upkeep, "report">;
  readonly queryLog: Pick<QueryLogging, "report">;
}

interface HttpAddress {
  readonly host: string;
  readonly port: number;
  readonly certificate?: Certificate;
}

/** The HTTP and HTTPS servers of the process. */
export class HttpServing {
  readonly #parts: HttpServingParts;
  readonly #servers = new Map<number, HttpServer>();
  readonly #waiters: Waiters<Topic>;
  readonly #vipWaiters: Waiters<VipTopic>;
  readonly #vipStreams: VipStreams;
  readonly #console: ConsoleServing;
  readonly #top: TopWatching;
  readonly #open: (address: HttpAddress) => Promise<HttpServer>;

  constructor(parts: HttpServingParts) {
    this.#parts = parts;
    const { app } = parts;
    const proxies = proxiesOf(() => app.config.trustedProxies);
    const isShared = (address: string) => proxies().includes(address);
    this.#waiters = new Waiters({ board: app.boards.catalog, timers: systemTimers, later: setImmediate, isShared });
    this.#vipWaiters = new Waiters({ board: app.boards.vips, timers: systemTimers, later: setImmediate, isShared });
    this.#vipStreams = new VipStreams({ board: app.boards.vips, timers: systemTimers, later: setImmediate });
    const { log, verbosity } = parts;
    this.#console = new ConsoleServing({ app, timers: systemTimers, log, verbosity, assets: CONSOLE, isShared });
    const console = this.#console;
    const { responders, https } = app;
    this.#top = new TopWatching({ ...writersOf({ responders, https }, "top"), log, timers: systemTimers });
    const top = this.#top;
    const waiting = { catalog: this.#waiters, vips: this.#vipWaiters, vipStreams: this.#vipStreams, console, top };
    this.#open = openerOf(parts, waiting, proxies);
  }

  /** No server is open before the first adjust(), which may wait for another process. */
  get isOpen(): boolean {
    return this.#servers.size > 0;
  }

  /** Opens missing servers, passes a renewed certificate to the others, and closes those that are no longer wanted. */
  async adjust(certificate: Certificate | undefined): Promise<void> {
    const servers = this.#servers;
    const wanted = addressesOf(this.#parts.config, certificate);
    for (const [port, server] of servers) {
      if (wanted.some((address) => address.port === port)) continue;
      servers.delete(port);
      await server.close();
    }
    for (const address of wanted) {
      const server = servers.get(address.port);
      if (!server) servers.set(address.port, await this.#open(address));
      else if (address.certificate) server.renew(address.certificate);
    }
  }

  /** Answers the requests that wait, and closes all servers. */
  async close(): Promise<void> {
    this.#waiters.close();
    this.#vipWaiters.close();
    this.#vipStreams.close();
    const ended = [this.#console.close(), this.#top.stop()];
    await Promise.all([...ended, ...Array.from(this.#servers.values(), (server) => server.close())]);
  }
}

/** The requests that wait for news. */
interface Waiting {
  readonly catalog: Waiters<Topic>;
  readonly vips: Waiters<VipTopic>;
  readonly vipStreams: VipStreams;
  readonly console: ConsoleServing;
  readonly top: TopWatching;
}

/** The addresses for HTTP, and for HTTPS if there is a certificate. */
function addressesOf(
  { httplistener: host, httpport, httpsPort }: HttpServingParts["config"],
  certificate: Certificate | undefined,
): readonly HttpAddress[] {
  const secure = certificate && httpsPort > 0 ? [{ host, port: httpsPort, certificate }] : [];
  return [{ host, port: httpport }, ...secure];
}

function openerOf(
  { app, log, configFile, takeOver, upkeep, queryLog }: HttpServingParts,
  waiting: Waiting,
  proxies: () => TrustedProxies,
): (address: HttpAddress) => Promise<HttpServer> {
  const registry = createRegistry({
    stats: app.stats,
    status: () => app.status,
    snapshot: () => app.zone.snapshot,
    forwarding: () => app.forwarding,
    catalog: { counts: () => app.boards.catalog.counts, waiters: () => waiting.catalog.size },
    transfers: () => app.transfers,
    health: () => app.health.report,
    vips: {
      counts: () => app.boards.vips.counts,
      waiters: () => waiting.vips.size,
      streams: () => waiting.vipStreams.size,
    },
    consul: () => app.boards.consul.report,
    upkeep: () => upkeep.report,
    queryLog: () => queryLog.report,
    now: Date.now,
  });
  const makeMetrics = async () => new TextEncoder().encode(await registry.metrics());
  const metrics = cachedFor(METRICS_MS, systemTimers.now, makeMetrics);
  const api = createApi({
    catalog: app.boards.catalog,
    vips: app.boards.vips,
    console: waiting.console,
    config: () => app.config,
    configFile,
    hostname: hostname(),
    version: VERSION,
    snapshot: () => app.zone.snapshot,
    pinSnapshot: () => app.zone.pin(),
    status: () => app.status,
    now: Date.now,
    timers: systemTimers,
    random: createRandom(randomInt(1, 2 ** 31)),
    enumerate: () => app.builder.enumerate(),
    forwarding: () => app.forwarding,
    transfers: () => app.transfers,
    health: {
      report: () => app.health.report,
      override: (instance, override) => app.health.override(instance, override),
    },
    top: (limit) => waiting.top.report(limit),
    explain: (asked) => app.explaining.explain(asked),
    flushCache: (name) => app.flushCache(name),
    answerOverHttps: (message, address) => app.https.answer(message, address),
    proxies,
    metrics: async () => ({ contentType: registry.contentType, body: await metrics() }),
    log,
  });
  const catalogWaits = new CatalogWaits({ board: app.boards.catalog, waiters: waiting.catalog, random: Math.random });
  const vipWaits = new VipWaits({ board: app.boards.vips, waiters: waiting.vips, random: Math.random });
  const waits: Waits = {
    handle: (...request) =>
      catalogWaits.handle(...request) ||
      vipWaits.handle(...request) ||
      waiting.vipStreams.handle(...request) ||
      waiting.console.live.streams.handle(...request),
  };
  return (address) => {
    const { host, port } = address;
    const onWait = () => log.info({ host, port }, "waiting for the other process to let go of HTTP");
    const isProxy = (address: string) => proxies().includes(address);
    const onTls = (event: TlsEvent) => app.https.stats.tls(HTTPS.transport, event);
    const start = () => startHttp({ api, waits, isProxy, onTls, ...address });
    return takeOver ? whenFree(start, systemTimers, onWait) : start();
  };
}

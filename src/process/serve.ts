import { randomInt } from "node:crypto";
import { cachedFor } from "../base/cached-for.js";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Logger, type Verbosity } from "../base/log.js";
import { createRandom } from "../base/random.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import { loadZone } from "../build/zone-file.js";
import type { Config } from "../config/config.js";
import type { Loaded } from "../config/load.js";
import { applyLive, changedKeys } from "../config/reload.js";
import { createApi } from "../http/api.js";
import { Waiters } from "../http/catalog/waiters.js";
import { CatalogWaits } from "../http/catalog/waits.js";
import { proxiesOf, type TrustedProxies } from "../http/client-address.js";
import { type HttpServer, startHttp } from "../http/server.js";
import { createRegistry } from "../metrics/registry.js";
import { lowerHelperPriority } from "../threads/priority.js";
import type { Certificate, Certificates } from "../transport/certificate.js";
import { planUdp } from "../transport/udp.js";
import type { SavedZone } from "../zone/image.js";
import { App } from "./app.js";
import { notifySystemd, takeSystemdSockets } from "./systemd.js";
import { whenFree } from "./take-over.js";

/** A configuration and the contents of the files that it names, all checked. */
export interface Checked extends Loaded {
  readonly certificates: Certificates;
  /** Errors that do not prevent serving. */
  readonly troubles: readonly MesosDnsError[];
}

export interface ServeOptions extends Checked {
  /** Absolute path. */
  readonly configFile: string;
  readonly verbosity: Verbosity;
  /** Whether to replace the process that has the ports. */
  readonly takeOver: boolean;
  /** Reads and checks the configuration again. */
  readonly reload: () => Promise<Checked>;
}

/** How long the text of /metrics is reused, in milliseconds: making it blocks the main thread. */
const METRICS_MS = 1000;

/** Runs the server until a signal stops it. Rejects with a `MesosDnsError` if it cannot listen. */
export async function serve(options: ServeOptions): Promise<void> {
  const log = createLogger(options.verbosity, "main");
  report(options, log);
  lowerHelperPriority();
  const plan = planUdp(options.config, log);
  const sockets = takeSystemdSockets();
  const { config, takeOver } = options;
  const app = new App({
    config,
    plan,
    sockets,
    takeOver,
    restored: restore(config, log),
    certificates: options.certificates,
    verbosity: options.verbosity,
    log,
    wallClock: Date.now,
    onFatal: (error) => {
      log.fatal(error.message);
      process.exit(1);
    },
  });
  const http = new Map<number, HttpServer>();
  // Handle signals from the beginning: an unhandled signal would end the process without cleaning up.
  const proxies = proxiesOf(() => app.config.trustedProxies);
  const isProxy = (address: string) => proxies().includes(address);
  const waiters = new Waiters({ board: app.catalog, timers: systemTimers, later: setImmediate, isShared: isProxy });
  const open = config.httpon ? openerOf({ app, waiters, proxies, log }, options) : undefined;
  const serveHttp = async (certificate: Certificate | undefined) => {
    if (open) await adjustHttp(http, httpAddressesOf(config, certificate), open);
  };
  handleSignals({ app, http, waiters, serveHttp, log }, options);
  await app.start();
  if (app.stopping) return;
  try {
    await serveHttp(options.certificates.certificate);
  } catch (error) {
    // By now this process receives queries, and another process that could answer them no longer does. So stop cleanly.
    await app.stop();
    throw error;
  }
  const given = sockets.map(({ protocol, host, port }) => `${protocol} ${formatHostPort({ host, port })}`);
  const { listener, port, dnson, httplistener, httpport, domain } = config;
  const dns = dnson
    ? { listener, port, udp: plan.engine, threads: plan.threads, ...(given.length > 0 && { given }) }
    : "off";
  log.info({ version: VERSION, domain, dns, http: http.size > 0 ? { httplistener, httpport } : "off" }, "listening");
  notifySystemd("READY=1", log);
}

function report({ warnings, troubles }: Checked, log: Logger): void {
  for (const warning of warnings) log.warn(warning);
  for (const { code, message } of troubles) log.error({ code }, message);
}

/** The saved zone. If it cannot be served, logs that and returns `undefined`: the server starts all the same. */
function restore(config: Config, log: Logger): SavedZone | undefined {
  try {
    const image = loadZone(config);
    if (image) {
      const fetchedAt = new Date(image.fetchedAt).toISOString();
      log.info(
        { stateDir: config.stateDir, fetchedAt },
        "serving the zone saved last, as stale, until a master answers",
      );
    }
    return image;
  } catch (error) {
    const code = error instanceof MesosDnsError ? error.code : "INTERNAL";
    log.error({ code }, `${messageOf(error)}; it is left as it is until the next zone is saved`);
    return undefined;
  }
}

interface HttpAddress {
  readonly host: string;
  readonly port: number;
  readonly certificate?: Certificate;
}

/** The addresses for HTTP, and for HTTPS if there is a certificate. */
function httpAddressesOf(config: Config, certificate: Certificate | undefined): readonly HttpAddress[] {
  const { httplistener: host, httpport, httpsPort } = config;
  const secure = certificate && httpsPort > 0 ? [{ host, port: httpsPort, certificate }] : [];
  return [{ host, port: httpport }, ...secure];
}

/** Opens missing servers, passes a renewed certificate to the others, and closes those that are no longer wanted. */
async function adjustHttp(
  servers: Map<number, HttpServer>,
  wanted: readonly HttpAddress[],
  open: (address: HttpAddress) => Promise<HttpServer>,
): Promise<void> {
  for (const [port, server] of servers) {
    if (wanted.some((address) => address.port === port)) continue;
    servers.delete(port);
    await server.close();
  }
  for (const address of wanted) {
    const server = servers.get(address.port);
    if (!server) servers.set(address.port, await open(address));
    else if (address.certificate) server.renew(address.certificate);
  }
}

interface HttpParts {
  readonly app: App;
  readonly waiters: Waiters;
  readonly proxies: () => TrustedProxies;
  readonly log: Logger;
}

function openerOf(
  { app, waiters, proxies, log }: HttpParts,
  { configFile, takeOver }: ServeOptions,
): (address: HttpAddress) => Promise<HttpServer> {
  const registry = createRegistry({
    stats: app.stats,
    status: () => app.status,
    snapshot: () => app.zone.snapshot,
    forwarding: () => app.forwarding,
    catalog: { counts: () => app.catalog.counts, waiters: () => waiters.size },
    now: Date.now,
  });
  const makeMetrics = async () => new TextEncoder().encode(await registry.metrics());
  const metrics = cachedFor(METRICS_MS, systemTimers.now, makeMetrics);
  const api = createApi({
    catalog: app.catalog,
    config: () => app.config,
    configFile,
    version: VERSION,
    snapshot: () => app.zone.snapshot,
    pinSnapshot: () => app.zone.pin(),
    status: () => app.status,
    now: Date.now,
    timers: systemTimers,
    random: createRandom(randomInt(1, 2 ** 31)),
    enumerate: () => app.enumerate(),
    forwarding: () => app.forwarding,
    flushCache: (name) => app.flushCache(name),
    answerOverHttps: (message, address) => app.https.answer(message, address),
    proxies,
    metrics: async () => ({ contentType: registry.contentType, body: await metrics() }),
    log,
  });
  const waits = new CatalogWaits({ board: app.catalog, waiters, random: Math.random });
  return (address) => {
    const { host, port } = address;
    const onWait = () => log.info({ host, port }, "waiting for the other process to let go of HTTP");
    const isProxy = (address: string) => proxies().includes(address);
    const start = () => startHttp({ api, waits, isProxy, ...address });
    return takeOver ? whenFree(start, systemTimers, onWait) : start();
  };
}

/** What signal handlers act upon. */
interface Running {
  readonly app: App;
  readonly http: ReadonlyMap<number, HttpServer>;
  readonly waiters: Waiters;
  /** Opens and closes HTTP servers as the configuration and this certificate require; without one there is no HTTPS. */
  readonly serveHttp: (certificate: Certificate | undefined) => Promise<void>;
  readonly log: Logger;
}

function handleSignals(running: Running, options: ServeOptions): void {
  const { app, http, waiters, log } = running;
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    notifySystemd("STOPPING=1", log);
    waiters.close();
    await Promise.all([...Array.from(http.values(), (server) => server.close()), app.stop()]);
    log.info("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  let reloading = Promise.resolve();
  process.on("SIGHUP", () => {
    reloading = reloading
      .then(() => reconfigure(running, options.reload))
      .catch((error: unknown) => log.error(`the configuration stays as it was: ${messageOf(error)}`));
  });
}

/** Applies the keys that can change in a running server, and logs those that need a restart. */
async function reconfigure({ app, http, serveHttp, log }: Running, reload: () => Promise<Checked>): Promise<void> {
  const checked = await reload();
  const { config, certificates } = checked;
  report(checked, log);
  const before: Config = app.config;
  const { live, restart } = changedKeys(before, config);
  app.configure(applyLive(before, config), certificates);
  // If no server is open yet, leave it to the start, which may still be waiting for the other process.
  const served = http.size > 0 ? serveHttp(certificates.certificate) : Promise.resolve();
  await served.catch((error: unknown) => log.error(`${messageOf(error)}; HTTPS is not served`));
  if (restart.length > 0) log.warn({ keys: restart }, `restart to change ${restart.join(", ")}`);
  log.info({ keys: live }, live.length > 0 ? `changed ${live.join(", ")}` : "nothing to change");
}

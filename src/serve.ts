import { randomInt } from "node:crypto";
import { App } from "./app.js";
import type { Config } from "./config/config.js";
import type { Loaded } from "./config/load.js";
import { applyLive, changedKeys } from "./config/reload.js";
import { MesosDnsError, messageOf } from "./errors.js";
import { formatHostPort } from "./host-port.js";
import { createApi } from "./http/api.js";
import { TrustedProxies } from "./http/client-address.js";
import { type HttpServer, startHttp } from "./http/server.js";
import { createLogger, type Logger, type Verbosity } from "./log.js";
import { createRegistry } from "./metrics/registry.js";
import { createRandom } from "./random.js";
import { notifySystemd, takeSystemdSockets } from "./systemd.js";
import { whenFree } from "./take-over.js";
import { systemTimers } from "./timers.js";
import type { Pems } from "./transport/certificate.js";
import { planUdp } from "./transport/udp.js";
import { VERSION } from "./version.js";
import { yieldHelpers } from "./workers/priority.js";
import { loadZone } from "./workers/zone-file.js";
import type { SavedZone } from "./zone/image.js";

/** A configuration with what its files hold, all checked. */
export interface Checked extends Loaded {
  readonly pems: Pems;
  /** What is wrong, and no reason not to serve. */
  readonly troubles: readonly MesosDnsError[];
}

export interface ServeOptions extends Checked {
  /** Absolute path. */
  readonly configFile: string;
  readonly verbosity: Verbosity;
  /** Take the place of the process that has the ports. */
  readonly takeOver: boolean;
  /** Reads and checks the configuration again. */
  readonly reload: () => Promise<Checked>;
}

/** Runs the server until a signal stops it. Rejects with a `MesosDnsError` if it cannot listen. */
export async function serve(options: ServeOptions): Promise<void> {
  const log = createLogger(options.verbosity, "main");
  report(options, log);
  yieldHelpers();
  const plan = planUdp(options.config, log);
  const sockets = takeSystemdSockets();
  const { config, takeOver } = options;
  const app = new App({
    config,
    plan,
    sockets,
    takeOver,
    restored: restore(config, log),
    pems: options.pems,
    verbosity: options.verbosity,
    log,
    wallClock: Date.now,
    onFatal: (error) => {
      log.fatal(error.message);
      process.exit(1);
    },
  });
  const http: HttpServer[] = [];
  // From the first moment on: a signal that nobody handles would end the process as it is.
  handleSignals(app, http, options, log);
  await app.start();
  if (app.stopping) return;
  try {
    if (config.httpon) http.push(...(await serveHttp(app, options, log)));
  } catch (error) {
    // Queries have come by now, and another process that could answer them does not get them any more.
    await app.stop();
    throw error;
  }
  const given = sockets.map(({ protocol, host, port }) => `${protocol} ${formatHostPort({ host, port })}`);
  const { listener, port, dnson, httplistener, httpport, domain } = config;
  const dns = dnson
    ? { listener, port, udp: plan.engine, threads: plan.threads, ...(given.length > 0 && { given }) }
    : "off";
  log.info({ version: VERSION, domain, dns, http: http.length > 0 ? { httplistener, httpport } : "off" }, "listening");
  notifySystemd("READY=1", log);
}

function report({ warnings, troubles }: Checked, log: Logger): void {
  for (const warning of warnings) log.warn(warning);
  for (const { code, message } of troubles) log.error({ code }, message);
}

/** The zone saved before the start; one that cannot be served is worth a line, and no reason not to start. */
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

/** HTTP, and HTTPS where it is configured. */
async function serveHttp(
  app: App,
  { configFile, takeOver, pems: { certificate } }: ServeOptions,
  log: Logger,
): Promise<HttpServer[]> {
  const registry = createRegistry({
    stats: app.stats,
    status: () => app.status,
    snapshot: () => app.snapshot,
    forwarding: () => app.forwarding,
    now: Date.now,
  });
  const api = createApi({
    config: () => app.config,
    configFile,
    version: VERSION,
    snapshot: () => app.snapshot,
    pinSnapshot: () => app.pinSnapshot(),
    status: () => app.status,
    now: Date.now,
    random: createRandom(randomInt(1, 2 ** 31)),
    enumerate: () => app.enumerate(),
    forwarding: () => app.forwarding,
    flushCache: (name) => app.flushCache(name),
    answerOverHttps: (message, address) => app.answerOverHttps(message, address),
    metrics: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    log,
  });
  const { httplistener: host, httpport, httpsPort } = app.config;
  const ports = [{ port: httpport }, ...(certificate && httpsPort > 0 ? [{ port: httpsPort, certificate }] : [])];
  const servers: HttpServer[] = [];
  for (const at of ports) {
    const open = () =>
      startHttp({
        api,
        host,
        isProxy: (address) => new TrustedProxies(app.config.trustedProxies).includes(address),
        ...at,
      });
    const onWait = () => log.info({ host, port: at.port }, "waiting for the other process to let go of HTTP");
    servers.push(await (takeOver ? whenFree(open, systemTimers, onWait) : open()));
  }
  return servers;
}

function handleSignals(app: App, http: readonly HttpServer[], options: ServeOptions, log: Logger): void {
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    notifySystemd("STOPPING=1", log);
    await Promise.all([...http.map((server) => server.close()), app.stop()]);
    log.info("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", () => {
    reconfigure(app, http, options.reload, log).catch((error: unknown) => {
      log.error(`the configuration stays as it was: ${messageOf(error)}`);
    });
  });
}

/** Applies what can change in a running server, and names what needs a restart. */
async function reconfigure(
  app: App,
  http: readonly HttpServer[],
  reload: () => Promise<Checked>,
  log: Logger,
): Promise<void> {
  const checked = await reload();
  const { config, pems } = checked;
  report(checked, log);
  const before: Config = app.config;
  const { live, restart } = changedKeys(before, config);
  app.configure(applyLive(before, config), pems);
  if (pems.certificate) for (const server of http) server.renew(pems.certificate);
  if (restart.length > 0) log.warn({ keys: restart }, `restart to change ${restart.join(", ")}`);
  log.info({ keys: live }, live.length > 0 ? `changed ${live.join(", ")}` : "nothing to change");
}

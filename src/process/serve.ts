import files from "node:fs/promises";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Logger, type Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import { loadZone } from "../build/saved-zone.js";
import type { Config } from "../config/config.js";
import type { Loaded } from "../config/load.js";
import { applyLive, changedKeys } from "../config/reload.js";
import { builderThreads } from "../threads/builder-handle.js";
import { lowerHelperPriority, restorePriorities } from "../threads/priority.js";
import type { Certificates } from "../transport/certificate.js";
import { planUdp } from "../transport/udp.js";
import type { TsigKey } from "../wire/tsig.js";
import type { ZoneImage } from "../zone/image.js";
import { App } from "./app.js";
import { ConsulSwitch } from "./consul-switch.js";
import type { HttpServing } from "./http-serving.js";
import { type QueryLogging, queryLogOf } from "./query-logging.js";
import { RecordsFile } from "./records-file.js";
import { notifySystemd, takeSystemdSockets } from "./systemd.js";
import { Upkeep } from "./upkeep.js";

/** A configuration and the contents of the files that it names, all checked. */
export interface Checked extends Loaded {
  readonly certificates: Certificates;
  readonly tsigKeys: readonly TsigKey[];
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

/** Runs the server until a signal stops it. Rejects with a `MesosDnsError` if it cannot listen. */
export async function serve(options: ServeOptions): Promise<void> {
  const log = createLogger(options.verbosity, "main");
  report(options, log);
  const { takeOver } = options;
  let running: Running | undefined;
  const records = new RecordsFile(options.config, {
    log,
    timers: systemTimers,
    onChange: (all) =>
      running?.app.configure(applyLive(running.app.config, all), running.certificates, running.tsigKeys),
  });
  const { config } = records;
  lowerHelperPriority();
  // The threads start while it is read.
  const restoring = restore(config, log);
  // With a zone to read, the processors have enough to do without a builder, and answers need none.
  const spawnBuilder = builderThreads({ startsEarly: config.stateDir === "" });
  const plan = planUdp(config, log);
  const sockets = takeSystemdSockets();
  const app = new App({
    config,
    plan,
    sockets,
    takeOver,
    certificates: options.certificates,
    tsigKeys: options.tsigKeys,
    verbosity: options.verbosity,
    spawnBuilder,
    log,
    recordsFile: () => records.report,
    wallClock: Date.now,
    onFatal: (error) => {
      log.fatal(error.message);
      process.exit(1);
    },
  });
  const { certificates, tsigKeys } = options;
  const consul = new ConsulSwitch({ app, log, takeOver });
  const upkeep = new Upkeep(config, { files, wallClock: Date.now });
  const { responders, https } = app;
  const queryLog = queryLogOf({ responders, https, log, verbosity: options.verbosity }, config);
  running = { app, http: undefined, consul, log, records, upkeep, queryLog, certificates, tsigKeys };
  // Handle signals from the beginning: an unhandled signal would end the process without cleaning up.
  handleSignals(running, options);
  records.start();
  queryLog.start();
  const saved = await restoring;
  if (app.stopping) return;
  if (saved) app.restore(saved);
  const started = app.start();
  // HTTP is large and needed last, so it is loaded while the other threads are at work.
  await Promise.race([app.following, started]);
  const http = config.httpon ? await import("./http-serving.js") : undefined;
  await started;
  if (app.stopping) return;
  running.http =
    http &&
    new http.HttpServing({
      app,
      log,
      verbosity: options.verbosity,
      config,
      configFile: options.configFile,
      takeOver,
      upkeep,
      queryLog,
    });
  try {
    await running.http?.adjust(options.certificates.certificate);
    await running.consul.adjust();
  } catch (error) {
    // By now this process receives queries, and another process that could answer them no longer does. So stop cleanly.
    await app.stop();
    await queryLog.stop();
    throw error;
  }
  const given = sockets.map(({ protocol, host, port }) => `${protocol} ${formatHostPort({ host, port })}`);
  const { listener, port, dnson, httplistener, httpport, domain } = config;
  const dns = dnson
    ? { listener, port, udp: plan.engine, threads: plan.threads, ...(given.length > 0 && { given }) }
    : "off";
  log.info({ version: VERSION, domain, dns, http: running.http ? { httplistener, httpport } : "off" }, "listening");
  notifySystemd("READY=1", log);
}

function report({ warnings, troubles }: Checked, log: Logger): void {
  for (const warning of warnings) log.warn(warning);
  for (const { code, message } of troubles) log.error({ code }, message);
}

/** The saved zone. If it cannot be served, logs that and returns `undefined`: the server starts all the same. */
async function restore(config: Config, log: Logger): Promise<ZoneImage | undefined> {
  try {
    const image = await loadZone(config);
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

/** What signal handlers act upon. */
interface Running {
  readonly app: App;
  /** Absent before it is opened, and with `httpon` false. */
  http: HttpServing | undefined;
  readonly consul: ConsulSwitch;
  readonly log: Logger;
  readonly records: RecordsFile;
  readonly upkeep: Upkeep;
  readonly queryLog: QueryLogging;
  /** Those of the last configuration. */
  certificates: Certificates;
  tsigKeys: readonly TsigKey[];
}

function handleSignals(running: Running, options: ServeOptions): void {
  const { app, log } = running;
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    restorePriorities();
    running.records.stop();
    notifySystemd("STOPPING=1", log);
    await Promise.all([running.http?.close(), running.consul.close(), app.stop()]);
    await running.queryLog.stop();
    log.info("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  let reloading = Promise.resolve();
  process.on("SIGHUP", () => {
    reloading = reloading
      .then(() => reconfigure(running, options.reload))
      .catch((error: unknown) => {
        running.upkeep.reloadFailed();
        log.error(`the configuration stays as it was: ${messageOf(error)}`);
      });
  });
}

/** Applies the keys that can change in a running server, and logs those that need a restart. */
async function reconfigure(running: Running, reload: () => Promise<Checked>): Promise<void> {
  const { app, http, log, records } = running;
  const checked = await reload();
  const { certificates, tsigKeys } = checked;
  const config = records.configure(checked.config);
  report(checked, log);
  const before: Config = app.config;
  const { live, restart } = changedKeys(before, config);
  running.certificates = certificates;
  running.tsigKeys = tsigKeys;
  app.configure(applyLive(before, config), certificates, tsigKeys);
  running.queryLog.configure(app.config);
  await running.upkeep.reloaded(app.config);
  // If no server is open yet, leave it to the start, which may still be waiting for the other process.
  const served = http?.isOpen ? http.adjust(certificates.certificate) : Promise.resolve();
  await served.catch((error: unknown) => log.error(`${messageOf(error)}; HTTPS is not served`));
  const consul = running.consul.hasStarted ? running.consul.adjust() : Promise.resolve();
  await consul.catch((error: unknown) => log.error(`${messageOf(error)}; it stays where it was`));
  if (restart.length > 0) log.warn({ keys: restart }, `restart to change ${restart.join(", ")}`);
  log.info({ keys: live }, live.length > 0 ? `changed ${live.join(", ")}` : "nothing to change");
}

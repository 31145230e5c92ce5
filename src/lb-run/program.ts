import * as files from "node:fs/promises";
import { parseAddress } from "../base/addresses.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Logger, type Verbosity } from "../base/log.js";
import { runCommand } from "../base/run-command.js";
import { delay, systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import { HostResolver, systemLookup } from "../build/host-resolver.js";
import type { LbSettings } from "../config/lb.js";
import { tryToListen } from "../haproxy/bind.js";
import { HaproxyProcess } from "../haproxy/process.js";
import { askAt, isThere } from "../haproxy/socket.js";
import { LbController } from "../lb/haproxy/controller.js";
import { type HaproxyHost, OwnHaproxy, SystemHaproxy } from "../lb/haproxy/host.js";
import { renderBalancer, structureFor } from "../lb/haproxy/render.js";
import { COOKIE_KEY, headOptions, modelOptions, ownPorts, pathsOf, serviceOptions } from "../lb/options.js";
import type { LbReport } from "../lb/report.js";
import { notifySystemd } from "../process/systemd.js";
import { MarathonClient } from "../sources/marathon/client.js";
import { MarathonSource } from "../sources/marathon/source.js";
import { MemoryFile } from "./memory-file.js";
import { reloadWith } from "./reload-command.js";
import { startStatusServer } from "./status-server.js";

export interface LbProgramOptions {
  readonly settings: LbSettings;
  readonly verbosity: Verbosity;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `mesos-dns lb run`: carries services until a signal ends it. Rejects with a `MesosDnsError` if it cannot begin. */
export async function runLbProgram({ settings, verbosity, env }: LbProgramOptions): Promise<void> {
  const log = createLogger(verbosity, "lb");
  const haproxy = processOf(settings);
  const host = hostOf(settings, haproxy);
  const memory = await MemoryFile.open(haproxy, pathsOf(settings).folder, log);
  const controller = controllerOf(settings, { haproxy, host, memory, log, framework: env.FRAMEWORK_NAME });
  const source = sourceOf(settings, controller, log, env);
  const read = (): LbReport => ({ ...controller.report, stats: controller.stats, sources: source.reports });
  const status = await startStatusServer(settings.listen, {
    read,
    configuration: () => host.installed(),
    signal: () => source.look(),
  });
  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, "stopping: HAProxy goes on with what it has");
    notifySystemd("STOPPING=1", log);
    await source.stop();
    await controller.stop();
    await status.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
  process.on("SIGHUP", () => source.look());
  controller.start();
  source.start();
  const { format, listen, marathons } = settings;
  log.info(
    { version: VERSION, format, status: formatHostPort(listen), marathons: marathons.map(({ name }) => name) },
    "balancing load",
  );
  notifySystemd("READY=1", log);
}

/** The first version with all that a configuration needs. */
const OLDEST = [2, 4] as const;

function processOf(settings: LbSettings): HaproxyProcess {
  const { folder, name } = pathsOf(settings);
  return new HaproxyProcess({
    settings: { runDir: folder, name, binary: settings.haproxy.binary, code: "LB_HAPROXY", oldest: OLDEST },
    run: runCommand,
    files,
    kill: (pid, signal) => process.kill(pid, signal),
    timers: systemTimers,
  });
}

function hostOf(settings: LbSettings, haproxy: HaproxyProcess): HaproxyHost {
  const { manage, reloadCommand } = settings.haproxy;
  const socketPath = pathsOf(settings).socket;
  if (manage) return new OwnHaproxy(haproxy, socketPath);
  return new SystemHaproxy({ socketPath, process: haproxy, reload: reloadWith(reloadCommand, runCommand) });
}

interface Means {
  readonly haproxy: HaproxyProcess;
  readonly host: HaproxyHost;
  readonly memory: MemoryFile;
  readonly log: Logger;
  readonly framework: string | undefined;
}

function controllerOf(settings: LbSettings, { haproxy, host, memory, log, framework }: Means): LbController {
  const { maps } = pathsOf(settings);
  const head = headOptions(settings, settings.listen);
  const resolver = new HostResolver({ lookup: systemLookup, delay: (ms) => delay(systemTimers, ms) });
  return new LbController({
    driver: {
      host,
      ask: askAt(host.socketPath),
      isThere: () => isThere(host.socketPath),
      timers: systemTimers,
      log,
      writeFile: (file, text) => haproxy.writeFile(file, text),
      files: maps,
      render: (balancer) => renderBalancer(balancer, head),
      structureOf: (balancer) => structureFor(balancer, head),
      cookieKey: COOKIE_KEY,
      coalesceMs: settings.reload.coalesceMs,
      minIntervalMs: settings.reload.minIntervalSeconds * 1_000,
      drainMs: settings.drainSeconds * 1_000,
      refusalOf: async (bind) => (await tryToListen(bind))?.detail,
    },
    model: modelOptions(settings),
    services: { ...serviceOptions(settings), framework },
    ownPorts: ownPorts(settings),
    lingerMs: settings.lingerSeconds * 1_000,
    memory: memory.known,
    remember: (known) => memory.write(known),
    resolve: (hosts) => addressesOf(resolver, hosts),
    timers: systemTimers,
    log,
  });
}

async function addressesOf(resolver: HostResolver, hosts: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const literals = Array.from(hosts, (host) => [host, parseAddress(host)] as const);
  const names = new Set(literals.flatMap(([host, literal]) => (literal ? [] : [host])));
  const resolved = await resolver.resolve(names);
  return new Map(
    literals.flatMap(([host, literal]) => {
      const addresses = literal ? [literal] : (resolved.get(host) ?? []);
      const best = addresses.find(({ family }) => family === 4) ?? addresses[0];
      return best ? [[host, best.text] as const] : [];
    }),
  );
}

function sourceOf(
  settings: LbSettings,
  controller: LbController,
  log: Logger,
  env: LbProgramOptions["env"],
): MarathonSource {
  return new MarathonSource({
    settings,
    accessTo: (marathon) => new MarathonClient(marathon, { timers: systemTimers, wallClock: Date.now, env }),
    timers: systemTimers,
    wallClock: Date.now,
    random: Math.random,
    log,
    onApps: ({ apps, receivedAt, unheard }) => {
      // Until all have told what they have, what is missing may only be late: HAProxy goes on as it is.
      if (unheard.length > 0) {
        log.warn({ marathons: unheard }, "not every Marathon has told its apps yet: HAProxy goes on as it is");
        return;
      }
      controller.take(apps, systemTimers.now() - Math.max(0, Date.now() - receivedAt));
    },
    onCurrent: () => undefined,
    onTrouble: (reason, name) => log.warn({ marathon: name, reason }, "what this Marathon told last counts"),
  });
}

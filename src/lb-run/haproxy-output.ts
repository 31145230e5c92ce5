import type { Logger } from "../base/log.js";
import { runCommand } from "../base/run-command.js";
import { systemTimers } from "../base/timers.js";
import type { LbSettings } from "../config/lb.js";
import { tryToListen } from "../haproxy/bind.js";
import type { HaproxyProcess } from "../haproxy/process.js";
import { askAt, isThere } from "../haproxy/socket.js";
import { LbController } from "../lb/haproxy/controller.js";
import { type HaproxyHost, OwnHaproxy, SystemHaproxy } from "../lb/haproxy/host.js";
import type { LbMemory } from "../lb/haproxy/memory.js";
import { renderBalancer, renderMap, structureFor } from "../lb/haproxy/render.js";
import { COOKIE_KEY, headOptions, modelOptions, ownPorts, pathsOf, serviceOptions } from "../lb/options.js";
import { carriedBy, type LbCarried } from "../lb/report.js";
import type { Services } from "../lb/services.js";
import { addressLookup } from "./addresses.js";
import { AppServices } from "./app-services.js";
import { LB_MEMORY, MemoryFile } from "./memory-file.js";
import type { Output } from "./output.js";
import { reloadWith } from "./reload-command.js";

export interface OutputParts {
  readonly settings: LbSettings;
  readonly haproxy: HaproxyProcess;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Has Marathon's lists fetched. */
  readonly look: () => void;
}

/** One that carries services wherever they come from. */
export interface ServiceOutput extends Output {
  /** From now on these services are to be carried. @param since when they became known, in milliseconds of the clock of the timers */
  carry(read: () => Promise<Services>, since: number): void;
}

/** A HAProxy in this program's own format, of which most is changed over its socket. */
export async function haproxyOutput({ settings, haproxy, log, env }: OutputParts): Promise<ServiceOutput> {
  const host = hostOf(settings, haproxy);
  const memory = await MemoryFile.open(LB_MEMORY, { haproxy, folder: pathsOf(settings).folder, log });
  const controller = controllerOf(settings, { haproxy, host, memory, log });
  const services = new AppServices(
    { ...serviceOptions(settings), framework: env.FRAMEWORK_NAME },
    addressLookup(),
    Date.now,
  );
  const carried = carriedOnce();
  const carry: ServiceOutput["carry"] = (read, since) => controller.take(read, since);
  return {
    start: () => controller.start(),
    take: ({ apps }, since) => carry(() => services.of(apps), since),
    carry,
    // It compares what runs with what is wanted all the time.
    reload: () => undefined,
    get report() {
      const { built, running, ...rest } = controller.report;
      return { ...rest, carried: () => carried(built, running), file: undefined, stats: controller.stats };
    },
    configuration: () => host.installed(),
    maps: () => {
      const { hosts, apps } = controller.report.running?.maps ?? { hosts: new Map(), apps: new Map() };
      return { hosts: renderMap(hosts), apps: renderMap(apps) };
    },
    stop: () => controller.stop(),
  };
}

/** It is asked for several times in a scrape, and is long. */
function carriedOnce(): typeof carriedBy {
  let last: { readonly of: Parameters<typeof carriedBy>; readonly carried: LbCarried } | undefined;
  return (...of) => {
    if (!last || last.of.some((part, index) => part !== of[index])) last = { of, carried: carriedBy(...of) };
    return last.carried;
  };
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
  readonly memory: MemoryFile<LbMemory>;
  readonly log: Logger;
}

function controllerOf(settings: LbSettings, { haproxy, host, memory, log }: Means): LbController {
  const { maps } = pathsOf(settings);
  const head = headOptions(settings, settings.listen);
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
    ownPorts: ownPorts(settings),
    lingerMs: settings.lingerSeconds * 1_000,
    memory: memory.known,
    remember: (known) => memory.write(known),
    timers: systemTimers,
    log,
  });
}

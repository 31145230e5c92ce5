import { MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Logger, type Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import { systemLookup } from "../build/host-resolver.js";
import { machineAddresses } from "../build/own-addresses.js";
import type { Config } from "../config/config.js";
import { notifySystemd } from "../process/systemd.js";
import { connectWhenOpened } from "../sources/mesos/zookeeper/lazy-connection.js";
import { lock } from "./lock.js";
import { MesosTableSource } from "./mesos-source.js";
import { VipNode } from "./node.js";
import { openEvents } from "./open-events.js";
import { type PlaneParts, planeFor } from "./planes.js";
import { ServerSource } from "./server-source.js";
import { startStatusServer } from "./status-server.js";
import type { NodeTraits } from "./table.js";
import type { TableListener, TableSource } from "./table-source.js";

export interface VipsOptions {
  readonly config: Config;
  /** The servers to follow if the configuration names none. */
  readonly nearServers: () => readonly string[];
  readonly verbosity: Verbosity;
}

/** `mesos-dns vips run`: carries connections until a signal ends it. Rejects with a `MesosDnsError` if it cannot begin. */
export async function runNode(options: VipsOptions): Promise<void> {
  const log = createLogger(options.verbosity, "vips");
  const { statusListener } = options.config.vips;
  const parts = planeFor(options.config.vips, log);
  await lock(parts.plane.territory);
  const node = nodeOf(options, log, parts);
  const status = await startStatusServer(statusListener, () => node.report);
  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, "stopping: what this node carries stays, and goes on working");
    notifySystemd("STOPPING=1", log);
    await node.stop();
    await status.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
  process.on("SIGHUP", () =>
    log.warn("SIGHUP changes nothing here: restart this instead, which disturbs no connection"),
  );
  await node.start();
  const { dataPlane, source } = options.config.vips;
  log.info(
    { version: VERSION, dataPlane, source, status: formatHostPort(statusListener) },
    "carrying virtual addresses",
  );
  notifySystemd("READY=1", log);
}

/** A node for this configuration, which does nothing before it is started. */
function nodeOf({ config, nearServers }: VipsOptions, log: Logger, { plane, adjust }: PlaneParts): VipNode {
  const { vips } = config;
  return new VipNode({
    plane,
    adjust,
    source: (listener) => sourceFor(config, nearServers, log, listener),
    timers: systemTimers,
    wallClock: Date.now,
    log,
    traits: () => traitsOf(plane),
    lingerMs: vips.lingerSeconds * 1_000,
    drainMs: vips.drainSeconds * 1_000,
  });
}

export function traitsOf({ mapsLocally }: Pick<NodeTraits, "mapsLocally">): NodeTraits {
  return { mapsLocally, ownAddresses: new Set(machineAddresses()) };
}

/** Where the table comes from. @throws {MesosDnsError} CONFIG_INVALID if there is no server to follow */
export function sourceFor(
  config: Config,
  nearServers: () => readonly string[],
  log: Pick<Logger, "warn">,
  listener: TableListener,
): TableSource {
  const common = { ...listener, timers: systemTimers, random: Math.random };
  if (config.vips.source === "mesos") {
    return new MesosTableSource({
      ...common,
      config,
      lookup: systemLookup,
      connect: connectWhenOpened,
      wallClock: Date.now,
      log,
    });
  }
  const servers = config.vips.servers.length > 0 ? config.vips.servers : nearServers();
  if (servers.length === 0)
    throw new MesosDnsError(
      "CONFIG_INVALID",
      'there is no server to follow: /etc/resolv.conf has no nameserver; set "vips": {"servers": ["http://192.0.2.53:8123"]}',
    );
  return new ServerSource({ ...common, servers, open: openEvents, onBadEntries: (text) => log.warn(text) });
}

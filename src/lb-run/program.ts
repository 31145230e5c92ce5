import * as files from "node:fs/promises";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Verbosity } from "../base/log.js";
import { runCommand } from "../base/run-command.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import type { Config } from "../config/config.js";
import type { LbSettings } from "../config/lb.js";
import { HaproxyProcess } from "../haproxy/process.js";
import { pathsOf } from "../lb/options.js";
import type { LbReport } from "../lb/report.js";
import { notifySystemd } from "../process/systemd.js";
import { addressLookup } from "./addresses.js";
import { bridgeOutput, marathonLbOutput } from "./file-outputs.js";
import { type Following, followMarathons } from "./following.js";
import { haproxyOutput, type OutputParts } from "./haproxy-output.js";
import type { Output } from "./output.js";
import { startStatusServer } from "./status-server.js";

export interface LbProgramOptions {
  readonly settings: LbSettings;
  /** What else a source needs: the masters. */
  readonly config: Config;
  readonly verbosity: Verbosity;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `mesos-dns lb run`: carries services until a signal ends it. Rejects with a `MesosDnsError` if it cannot begin. */
export async function runLbProgram({ settings, config, verbosity, env }: LbProgramOptions): Promise<void> {
  const log = createLogger(verbosity, "lb");
  let following: Following | undefined;
  const look = () => following?.look();
  const carried = await carriedFrom({ settings, haproxy: processOf(settings), log, env, look }, config);
  const { output } = carried;
  following = carried.following;
  const read = (): LbReport => ({ ...output.report, sources: carried.following.reports });
  const status = await startStatusServer(settings.listen, {
    read,
    configuration: () => output.configuration(),
    maps: () => output.maps(),
    signal: (name) => {
      look();
      if (name === "usr1") output.reload();
    },
  });
  let isStopping = false;
  const stop = async (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, "stopping: HAProxy goes on with what it has");
    notifySystemd("STOPPING=1", log);
    await carried.following.stop();
    await output.stop();
    await status.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
  process.on("SIGHUP", look);
  process.on("SIGUSR1", () => output.reload());
  output.start();
  carried.following.start();
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

/** What is followed, and what carries it. */
async function carriedFrom(parts: OutputParts, config: Config) {
  const { settings, log, env } = parts;
  if (settings.source === "mesos") {
    const { followMesos } = await import("./mesos-following.js");
    const output = await haproxyOutput(parts);
    const onServices = output.carry;
    return { output, following: followMesos({ config, resolve: addressLookup(), log, onServices }) };
  }
  const output = await outputFor(parts);
  const onApps: Output["take"] = (news, since) => output.take(news, since);
  return { output, following: followMarathons({ settings, log, env, onApps }) };
}

async function outputFor(parts: OutputParts): Promise<Output> {
  switch (parts.settings.format) {
    case "haproxy":
      return haproxyOutput(parts);
    case "marathon-lb":
      return marathonLbOutput(parts);
    case "bridge":
      return bridgeOutput(parts);
    case "bamboo": {
      const { bambooOutput } = await import("./bamboo/output.js");
      return bambooOutput(parts);
    }
  }
}

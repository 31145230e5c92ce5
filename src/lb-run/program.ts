import { MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Verbosity } from "../base/log.js";
import { delay, systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import type { Config } from "../config/config.js";
import type { LbSettings } from "../config/lb.js";
import type { LbReport } from "../lb/report.js";
import { notifySystemd } from "../process/systemd.js";
import { addressLookup } from "./addresses.js";
import { bridgeOutput, marathonLbOutput } from "./file-outputs.js";
import { type Following, followMarathons } from "./following.js";
import { haproxyOutput, type OutputParts } from "./haproxy-output.js";
import type { Output } from "./output.js";
import { processOf } from "./process.js";
import { startStatusServer } from "./status-server.js";

export interface LbProgramOptions {
  readonly settings: LbSettings;
  /** With the masters, where services come from them. */
  readonly config: Config;
  readonly verbosity: Verbosity;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How long one update may take that somebody waits for, in milliseconds, and how often it is looked at. */
const ONCE_MS = 60_000;
const STEP_MS = 50;

/** `mesos-dns lb run`: carries services until a signal ends it. Rejects with a `MesosDnsError` if it cannot begin. */
export async function runLbProgram(options: LbProgramOptions): Promise<void> {
  const { settings } = options;
  const { log, output, following, look } = await wired(options);
  const read = (): LbReport => ({ ...output.report, sources: following.reports });
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
    await following.stop();
    await output.stop();
    await status.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
  process.on("SIGHUP", look);
  process.on("SIGUSR1", () => output.reload());
  output.start();
  following.start();
  const { format, listen, marathons } = settings;
  log.info(
    { version: VERSION, format, status: formatHostPort(listen), marathons: marathons.map(({ name }) => name) },
    "balancing load",
  );
  notifySystemd("READY=1", log);
}

/** Has HAProxy carry what there is now. Rejects with a `MesosDnsError` if that does not come about. */
export async function updateOnce(options: LbProgramOptions): Promise<void> {
  const { output, following } = await wired(options);
  output.start();
  following.start();
  const deadline = systemTimers.now() + ONCE_MS;
  try {
    for (;;) {
      const { trouble, isSettled } = output.report;
      const reason = trouble ?? following.reports.find((report) => report.trouble)?.trouble;
      if (reason !== undefined) throw new MesosDnsError("LB_HAPROXY", `HAProxy goes on with what it has: ${reason}`);
      if (isSettled) return;
      if (systemTimers.now() > deadline) {
        throw new MesosDnsError(
          "LB_HAPROXY",
          `HAProxy goes on with what it has: no update within ${ONCE_MS / 1_000} s`,
        );
      }
      await delay(systemTimers, STEP_MS).elapsed;
    }
  } finally {
    await following.stop();
    await output.stop();
  }
}

/** What is followed, and what carries it. */
async function wired({ settings, config, verbosity, env }: LbProgramOptions) {
  const log = createLogger(verbosity, "lb");
  const haproxy = processOf(settings);
  await haproxy.tidy();
  let followed: Following | undefined;
  const look = () => followed?.look();
  const parts: OutputParts = { settings, haproxy, log, env, look };
  if (settings.source === "mesos") {
    const { followMesos } = await import("./mesos-following.js");
    const output = await haproxyOutput(parts);
    const following = followMesos({ config, resolve: addressLookup(), log, onServices: output.carry });
    followed = following;
    return { log, output, following, look };
  }
  const output = await outputFor(parts);
  const following = followMarathons({ settings, log, env, onApps: (news, since) => output.take(news, since) });
  followed = following;
  return { log, output, following, look };
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

import * as files from "node:fs/promises";
import { MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger, type Logger, type Verbosity } from "../base/log.js";
import { runCommand } from "../base/run-command.js";
import { delay, systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import type { LbSettings } from "../config/lb.js";
import { HaproxyProcess } from "../haproxy/process.js";
import { pathsOf } from "../lb/options.js";
import type { LbReport } from "../lb/report.js";
import { notifySystemd } from "../process/systemd.js";
import { MarathonClient } from "../sources/marathon/client.js";
import { MarathonSource } from "../sources/marathon/source.js";
import { bridgeOutput, marathonLbOutput } from "./file-outputs.js";
import { haproxyOutput, type OutputParts } from "./haproxy-output.js";
import type { Output } from "./output.js";
import { startStatusServer } from "./status-server.js";

export interface LbProgramOptions {
  readonly settings: LbSettings;
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
      const reason = trouble ?? following.reports.find((report) => report.trouble)?.trouble?.message;
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

async function wired({ settings, verbosity, env }: LbProgramOptions) {
  const log = createLogger(verbosity, "lb");
  let source: MarathonSource | undefined;
  const look = () => source?.look();
  const output = await outputFor({ settings, haproxy: processOf(settings), log, env, look });
  source = sourceOf(settings, output, log, env);
  return { log, output, following: source, look };
}

function processOf(settings: LbSettings): HaproxyProcess {
  const { folder, name } = pathsOf(settings);
  return new HaproxyProcess({
    settings: { runDir: folder, name, binary: settings.haproxy.binary, code: "LB_HAPROXY" },
    run: runCommand,
    files,
    kill: (pid, signal) => process.kill(pid, signal),
    timers: systemTimers,
  });
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

function sourceOf(settings: LbSettings, output: Output, log: Logger, env: LbProgramOptions["env"]): MarathonSource {
  return new MarathonSource({
    settings,
    accessTo: (marathon) => new MarathonClient(marathon, { timers: systemTimers, wallClock: Date.now, env }),
    timers: systemTimers,
    wallClock: Date.now,
    random: Math.random,
    log,
    onApps: ({ apps, receivedAt, unheard, source }) => {
      // Until all have told what they have, what is missing may only be late: HAProxy goes on as it is.
      if (unheard.length > 0) {
        log.warn({ marathons: unheard }, "not every Marathon has told its apps yet: HAProxy goes on as it is");
        return;
      }
      output.take({ apps, source }, systemTimers.now() - Math.max(0, Date.now() - receivedAt));
    },
    onCurrent: () => undefined,
    onTrouble: (reason, name) => log.warn({ marathon: name, reason }, "what this Marathon told last counts"),
  });
}

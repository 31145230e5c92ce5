import { spawn } from "node:child_process";
import { once } from "node:events";
import { MesosDnsError } from "../../base/errors.js";
import { installBridge, installHaproxy } from "./bridge-install.js";
import { type LbFlags, parseLbFlags } from "./flags.js";
import { bridgeMarathons, follow, settingsOf } from "./lb.js";
import { placesOf, reloadOf } from "./places.js";
import { renderConfiguration } from "./render.js";
import { withFlags } from "./settings.js";

const USAGE =
  "haproxy-marathon-bridge needs HOST:PORT of Marathons, or one of refresh_system_haproxy, install_cronjob, install_haproxy_system, logged";

/** `haproxy-marathon-bridge`: its commands, or the configuration on standard output. */
export async function runBridge([first, ...rest]: readonly string[]): Promise<void> {
  switch (first) {
    case "logged":
      return logged(rest);
    case "refresh_system_haproxy":
      return refresh(rest);
    case "install_cronjob":
      return installBridge(rest);
    case "install_haproxy_system":
      await installHaproxy();
      return installBridge(rest);
    default:
      return print(first === undefined ? [] : [first, ...rest]);
  }
}

async function print(hosts: readonly string[]): Promise<void> {
  const flags = flagsFor(hosts);
  return renderConfiguration(flags, settingsOf(flags), process.env);
}

/** Writes the system's configuration, and has it reloaded, if it is another one. */
async function refresh(hosts: readonly string[]): Promise<void> {
  const flags = flagsFor(hosts);
  const places = placesOf(process.env);
  const settings = withFlags({ ...flags, haproxyConfig: places.haproxyConfig }, settingsOf(flags));
  const haproxy = { ...settings.haproxy, manage: false, reloadCommand: reloadOf(places) };
  return follow(flags, { ...settings, haproxy }, { isOnce: true });
}

/** @param hosts those of the command line; if there are none, those that were noted when it was installed */
function flagsFor(hosts: readonly string[]): LbFlags {
  const marathons = hosts.length > 0 ? hosts : bridgeMarathons(process.env);
  const stray = marathons.find(
    (host) => !/^(?:https?:\/\/)?[\w.[\]:-]+(?:\/\S*)?$/u.test(host) || host.startsWith("-"),
  );
  if (marathons.length === 0) throw new MesosDnsError("USAGE", USAGE);
  if (stray !== undefined) throw new MesosDnsError("USAGE", `${JSON.stringify(stray)} is no HOST:PORT; ${USAGE}`);
  return { ...parseLbFlags(["--format", "bridge"]), marathons };
}

/** Runs itself with what it says sent to the system's log, and ends as that does. */
async function logged(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [process.argv[1] ?? "", ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const sent = [
    [child.stdout, "user.info"],
    [child.stderr, "user.notice"],
  ] as const;
  for (const [stream, priority] of sent) {
    const logger = spawn("logger", ["-p", priority, "-t", "haproxy-marathon-bridge"], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    // Without a log, it is said here.
    logger.once("error", () => stream.pipe(process.stderr));
    logger.stdin.on("error", () => undefined);
    stream.pipe(logger.stdin);
  }
  const [code] = await ended;
  process.exitCode = typeof code === "number" ? code : 1;
}

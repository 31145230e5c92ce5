import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import { runCommand } from "../../base/run-command.js";
import { bridgeMarathons, warn } from "./lb.js";
import { type Places, placesOf, reloadOf } from "./places.js";

const INSTALL_MS = 600_000;
/** What installs packages, by system. */
const INSTALLERS: readonly (readonly string[])[] = [
  ["apt-get", "install", "-y", "haproxy"],
  ["dnf", "install", "-y", "haproxy"],
  ["yum", "install", "-y", "haproxy"],
  ["zypper", "--non-interactive", "install", "haproxy"],
];
const UNIT_NAME = "haproxy-marathon-bridge";

/** Notes the Marathons, and has a unit of systemd follow them, in place of the cron job. @param hosts none: those noted before */
export async function installBridge(hosts: readonly string[]): Promise<void> {
  const places = placesOf(process.env);
  const marathons = hosts.length > 0 ? hosts : bridgeMarathons(process.env);
  if (marathons.length === 0) throw new MesosDnsError("USAGE", "install_cronjob needs HOST:PORT of Marathons");
  if (hosts.length > 0) await write(places.bridgeMarathons, hosts.map((host) => `${host}\n`).join(""));
  await write(places.bridgeUnit, unitText(places));
  warn([`${places.bridgeUnit} follows ${marathons.join(", ")} from now on, as ${places.bridgeMarathons} says`]);
  await removeCron(places);
  await enable(places);
}

/** Installs the system's HAProxy, unless there is one. */
export async function installHaproxy(): Promise<void> {
  if (await works(["haproxy", "-v"])) return;
  for (const [program = "", ...args] of INSTALLERS) {
    const result = await runCommand(program, args, "", INSTALL_MS).catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return undefined;
      throw new MesosDnsError("LB_HAPROXY", `HAProxy is not installed: ${messageOf(error)}`);
    });
    if (!result) continue;
    if (result.code === 0) return;
    const why = result.stderr.trim().split("\n").at(-1);
    throw new MesosDnsError("LB_HAPROXY", `HAProxy is not installed: ${program} has failed: ${why}`);
  }
  throw new MesosDnsError(
    "LB_HAPROXY",
    "HAProxy is not installed: this system has none of apt-get, dnf, yum and zypper",
  );
}

/** The system's HAProxy goes on, and reads what is written for it: only root may have it reloaded. */
function unitText(places: Places): string {
  const reload = reloadOf(places);
  const command = reload.length > 0 ? reload.join(" ") : "systemctl reload haproxy";
  return `[Unit]
Description=HAProxy for the apps of Marathon
Wants=network-online.target
After=network-online.target haproxy.service

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/bin/env mesos-dns lb run --format bridge --haproxy-config ${places.haproxyConfig} --command "${command}"
Restart=always
RestartSec=1s
KillMode=process

[Install]
WantedBy=multi-user.target
`;
}

/** It would write the same file, once a minute. */
async function removeCron({ bridgeCron }: Places): Promise<void> {
  if (!existsSync(bridgeCron)) return;
  const text = readFileSync(bridgeCron, "utf8");
  await rm(bridgeCron);
  warn([`${bridgeCron} is taken away, which had: ${text.trim()}`]);
}

async function enable({ systemd }: Places): Promise<void> {
  const steps = [
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--now", UNIT_NAME],
  ];
  if (!existsSync(systemd)) {
    warn([
      `systemd does not manage this machine now: ${steps.map((step) => step.join(" ")).join(" && ")} where it does`,
    ]);
    return;
  }
  for (const step of steps) {
    if (!(await works(step)))
      throw new MesosDnsError("LB_HAPROXY", `${step.join(" ")} has failed: journalctl -u ${UNIT_NAME}`);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new MesosDnsError("CONFIG_UNREADABLE", `${file} cannot be written: ${messageOf(error)}`);
  }
}

async function works([program = "", ...args]: readonly string[]): Promise<boolean> {
  const { code } = await runCommand(program, args).catch(() => ({ code: 1 }));
  return code === 0;
}

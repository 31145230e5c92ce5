import { readFileSync } from "node:fs";
import { causeOf, MesosDnsError } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger } from "../base/log.js";
import { printable } from "../base/printable.js";
import type { Config } from "../config/config.js";
import { type Loaded, loadConfig } from "../config/load.js";
import { nameserversOf } from "../config/resolv-conf.js";
import { lock } from "../vip-node/lock.js";
import { serviceKey, targetKey } from "../vip-node/model.js";
import { plan, type Step } from "../vip-node/plan.js";
import { planeFor } from "../vip-node/planes.js";
import { runNode, sourceFor, traitsOf } from "../vip-node/program.js";
import { sortOut } from "../vip-node/refusals.js";
import { isWell, type NodeStatus, statusText } from "../vip-node/report.js";
import { STATUS_PATH } from "../vip-node/status-server.js";
import { desiredServices, type Table, withoutDrained } from "../vip-node/table.js";
import type { Command } from "./arguments.js";
import { loadOptions } from "./configuration.js";
import { localStatus } from "./local-status.js";

/** How long `plan` waits for a table, in milliseconds. */
const TABLE_MS = 30_000;

/** `mesos-dns vips`: carries the connections of virtual addresses on this node, or tells of it. */
export async function runVips({ action, configFile, verbosity }: Extract<Command, { kind: "vips" }>): Promise<void> {
  const { config, warnings } = loadNode(configFile);
  for (const warning of warnings) process.stderr.write(`${printable(warning)}\n`);
  switch (action) {
    case "run":
      return runNode({ config, verbosity, nearServers: () => nearServers(config) });
    case "plan":
      return printPlan(config);
    case "status":
      return printStatus(config);
    case "clear":
      return clear(config);
  }
}

/** Masters are needed where the node follows them itself. */
function loadNode(file: string): Loaded {
  const loaded = loadConfig(loadOptions(file, false));
  return loaded.config.vips.source === "mesos" ? loadConfig(loadOptions(file, true)) : loaded;
}

/** The resolvers of this machine, which are servers where its names come from them. */
function nearServers({ httpport: port }: Config): readonly string[] {
  const hosts = nameserversOf(readFileSync("/etc/resolv.conf", "utf8"), []);
  return hosts.map((host) => `http://${formatHostPort({ host, port })}`);
}

async function printPlan(config: Config): Promise<void> {
  const { plane } = planeFor(config.vips, createLogger(0, "vips"));
  const table = await tableOf(config);
  const actual = await plane.look();
  const all = desiredServices(table, traitsOf(plane));
  const desired = plane.keepsDrained ? all : withoutDrained(all);
  const { carried, refused } = await sortOut(plane, desired, actual);
  const lines = Array.from(
    refused.values(),
    ({ service, refusal }) => `cannot carry ${service.name}: ${refusal.detail}`,
  );
  const endings = { services: new Set<string>(), targets: new Set<string>() };
  const steps = plan(carried, actual, endings).map(stepText);
  const end = steps.length === 0 ? ["nothing to do"] : [];
  process.stdout.write(`${[...lines, ...steps, ...end].join("\n")}\n`);
  await plane.stop();
  process.exit(0);
}

function stepText(step: Step): string {
  const target = "target" in step ? ` ${targetKey(step.target)} weight ${step.target.weight}` : "";
  const targets =
    step.kind === "add-service" ? step.service.targets.map((each) => ` ${targetKey(each)} weight ${each.weight}`) : [];
  return `${step.kind} ${serviceKey(step.service)}${target}${targets.join(",")}`;
}

/** The table as it is now. @throws {MesosDnsError} VIP_SOURCE if there is none */
function tableOf(config: Config): Promise<Table> {
  return new Promise((resolve, reject) => {
    let trouble = "nobody has answered";
    const log = { warn: (...words: unknown[]) => void process.stderr.write(`${printable(String(words.at(-1)))}\n`) };
    const source = sourceFor(config, () => nearServers(config), log, {
      onNews: ({ table }) => resolve(table),
      onCurrent: () => undefined,
      onTrouble: (reason) => {
        trouble = reason;
      },
    });
    source.start();
    setTimeout(() => {
      reject(new MesosDnsError("VIP_SOURCE", `no table within ${TABLE_MS / 1_000} s: ${trouble}`));
    }, TABLE_MS).unref();
  });
}

async function printStatus(config: Config): Promise<void> {
  const status = await statusNow(config);
  process.stdout.write(statusText(status, config.vips.statusListener).split("\n").map(printable).join("\n"));
  if (!isWell(status)) process.exitCode = 1;
}

async function statusNow({ vips: { statusListener } }: Config): Promise<NodeStatus> {
  const url = `http://${formatHostPort(statusListener)}${STATUS_PATH}`;
  try {
    return (await localStatus(url)) as NodeStatus;
  } catch (error) {
    const advice = "is `mesos-dns vips run` running, with the same vips.statusListener?";
    throw new MesosDnsError("VIP_STATUS", `nobody tells a status at ${url} (${causeOf(error)}): ${advice}`);
  }
}

/** What it takes away would be carried again at once by a `run`, so that has to be stopped before. */
async function clear(config: Config): Promise<void> {
  const { plane } = planeFor(config.vips, createLogger(0, "vips"));
  await lock(plane.territory);
  const { length } = await plane.look();
  await plane.clear();
  process.stdout.write(`${length} virtual ${length === 1 ? "address is" : "addresses are"} not carried any more\n`);
}

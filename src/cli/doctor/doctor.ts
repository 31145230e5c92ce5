import { codeOf, messageOf } from "../../base/errors.js";
import { printable, printableJson } from "../../base/printable.js";
import type { Config } from "../../config/config.js";
import { InvalidConfig } from "../../config/load.js";
import { DEFAULT_CONFIG_FILE } from "../arguments.js";
import { findFaults } from "../check.js";
import { configFileOf, INSTALLED_CONFIG_FILE, loadServed } from "../configuration.js";
import { type FlagKind, parseMixed, usage } from "../flags.js";
import { buildZones } from "../offline.js";
import { findAllTroubles } from "../preflight.js";
import { apiUrl } from "../server-url.js";
import { type Check, check, exitCodeOf, linesOf } from "./check.js";
import { judgeState } from "./cluster.js";
import { judgeMachine, needsOf } from "./machine.js";
import { judgePort, portsIn } from "./ports.js";
import {
  knownLoops,
  ownAddressesOf,
  probeMachine,
  probePort,
  probeResolver,
  probeState,
  readResolvConf,
} from "./probes.js";
import { judgeResolvConf } from "./resolv-conf.js";
import { judgeResolver } from "./resolvers.js";
import { askRunning, isOfAnother, judgeRunning, urlDespiteFaults } from "./running.js";

const FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["config", "value"],
  ["json", "switch"],
]);

/**
 * `mesos-dns doctor`: what could keep this server from working on this machine, before the start or after it. The exit code is 0 if
 * nothing does, 1 if something does, 2 if there are warnings alone.
 * @throws {MesosDnsError} USAGE
 */
export async function runDoctor(words: readonly string[]): Promise<void> {
  const { flags, rest } = parseMixed(words, FLAGS);
  if (rest.length > 0) throw usage(`unexpected argument ${JSON.stringify(rest[0])}`);
  const checks = await examine(configFileOf(flags.get("config")) ?? DEFAULT_CONFIG_FILE);
  const text = flags.has("json")
    ? printableJson(JSON.stringify({ checks }, null, 2))
    : linesOf(checks).map(printable).join("\n");
  process.stdout.write(`${text}\n`);
  process.exitCode = exitCodeOf(checks);
}

async function examine(file: string): Promise<readonly Check[]> {
  const loaded = await loadServed(file).catch((error: unknown) => judgeFaults(file, error));
  if (!("config" in loaded)) return loaded;
  const { config, warnings } = loaded;
  const troubles = await findAllTroubles(config, Date.now());
  const more: string[] = [];
  const faults = await findFaults(config, (message) => more.push(message));
  const own = [
    ...faults.map((fault) => check("configuration", "fault", messageOf(fault))),
    ...[...warnings, ...more].map((warning) => check("configuration", "warning", warning)),
    ...troubles.map((trouble) => check("configuration", "warning", trouble.message)),
  ];
  const url = config.httpon ? apiUrl(config) : undefined;
  const running = url === undefined ? undefined : await askRunning(url);
  const isOurs = running !== undefined && !isOfAnother(running, file);
  const [ports, resolvers, resolvConf, cluster] = await Promise.all([
    portsOf(config, isOurs),
    resolversOf(config, url),
    readResolvConf(),
    clusterOf(config),
  ]);
  return [
    ...(own.length > 0 ? own : [check("configuration", "ok", `${file} is valid`)]),
    ...(url === undefined ? [] : [judgeRunning(url, running, file)]),
    ...ports,
    ...resolvers,
    ...judgeResolvConf(resolvConf, ownAddressesOf(config), config.port),
    ...cluster,
  ];
}

/** @param error what loading the file threw */
async function judgeFaults(file: string, error: unknown): Promise<readonly Check[]> {
  const url = urlDespiteFaults(file);
  const running = judgeRunning(url, await askRunning(url), file);
  if (!(error instanceof InvalidConfig)) {
    const elsewhere = `--config FILE names it; without, it is ${DEFAULT_CONFIG_FILE} here, or ${INSTALLED_CONFIG_FILE}`;
    const advice = codeOf(error) === "CONFIG_UNREADABLE" ? elsewhere : `correct it in ${file}`;
    return [check("configuration", "fault", messageOf(error), advice), running];
  }
  return [
    ...error.faults.map((fault) => check("configuration", "fault", fault, `correct it in ${file}`)),
    ...error.warnings.map((warning) => check("configuration", "warning", warning)),
    running,
  ];
}

/** @param isOurs whether the server of this configuration runs */
async function portsOf(config: Config, isOurs: boolean): Promise<readonly Check[]> {
  const probes = await Promise.all(portsIn(config).map((used) => probePort(used.protocol, used, isOurs)));
  return probes.map(judgePort);
}

async function resolversOf(config: Config, url: string | undefined): Promise<readonly Check[]> {
  const { externalon, resolvers, zoneResolvers, mixedCase } = config;
  if (!externalon) return [check("resolvers", "ok", "externalon is false: nothing is forwarded")];
  const all = new Map(
    [...resolvers, ...Object.values(zoneResolvers).flat()].map((each) => [JSON.stringify(each), each]),
  );
  if (all.size === 0) {
    const advice = "name some in `resolvers`: without any, every name outside the cluster is SERVFAIL";
    return [check("resolvers", "fault", "there is none, and /etc/resolv.conf names none but this machine", advice)];
  }
  const loops = url === undefined ? new Set<string>() : await knownLoops(url);
  const probes = await Promise.all([...all.values()].map((resolver) => probeResolver(resolver, loops, mixedCase)));
  return probes.flatMap(judgeResolver);
}

async function clusterOf(config: Config): Promise<readonly Check[]> {
  try {
    const state = await probeState(config);
    const { build } = await buildZones(state.cluster, config);
    const tasks = state.cluster.frameworks.reduce((sum, framework) => sum + framework.tasks.length, 0);
    const machine = await probeMachine(state.leader, config.mesosHTTPSOn);
    return [...judgeState(state, build.skipped), ...judgeMachine(machine, needsOf(tasks, config))];
  } catch (error) {
    const what = config.zk === "" ? "masters" : "ZooKeeper and masters";
    const advice = "the page of error codes, docs/errors.md, says what to do about this one";
    return [
      check(what, "fault", `${messageOf(error)} (${codeOf(error)})`, advice),
      ...judgeMachine(await probeMachine(undefined, false), needsOf(0, config)),
    ];
  }
}

import { readFile, readlink } from "node:fs/promises";
import { connect as connectTls } from "node:tls";
import { messageOf } from "../../base/errors.js";
import { formatHostPort, formatResolver, type HostPort } from "../../base/host-port.js";
import { isObject, listOf, textOf } from "../../base/lenient.js";
import { systemTimers } from "../../base/timers.js";
import { systemLookup } from "../../build/host-resolver.js";
import { machineAddresses } from "../../build/own-addresses.js";
import type { Config, Resolver } from "../../config/config.js";
import type { LeaderState } from "../../sources/mesos/leader.js";
import { Masters } from "../../sources/mesos/masters.js";
import { createStateReader } from "../../sources/mesos/reader.js";
import { connectWhenOpened } from "../../sources/mesos/zookeeper/lazy-connection.js";
import { claimTcp, claimUdp } from "../../transport/claim.js";
import { encodeName } from "../../wire/names.js";
import { TYPE } from "../../wire/protocol.js";
import { askApi } from "../api.js";
import { askDns, type Reply } from "../dns-client.js";
import type { Machine } from "./machine.js";
import { ownersOf, PROC } from "./owners.js";
import type { PortProbe } from "./ports.js";
import type { ResolvConf } from "./resolv-conf.js";
import type { Answered, ResolverProbe } from "./resolvers.js";

/** A name that every resolver may be asked for (RFC 2606), in letters of both cases. */
const PROBED = "wWw.ExAmPlE.cOm";
const TLS_MS = 3_000;
const TOLD_MS = 3_000;

export async function probePort(protocol: "udp" | "tcp", at: HostPort, isRunning: boolean): Promise<PortProbe> {
  const claim = protocol === "udp" ? claimUdp(at) : claimTcp(at);
  const refusal = await claim.then(
    () => undefined,
    (error: unknown) => error,
  );
  const owners = refusal === undefined ? [] : await ownersOf(protocol, at.port, PROC);
  const isOurs = isRunning && (owners.length === 0 || owners.some(({ command }) => /mesos-dns|main\.js/.test(command)));
  return { protocol, at, refusal, owners, isOurs, isRunning };
}

/** The resolvers of which the running server knows that they lead back to it. */
export async function knownLoops(url: string): Promise<ReadonlySet<string>> {
  const answer = await askApi(`${url}/v1/forward`, { ms: TOLD_MS }).catch(() => undefined);
  const resolvers = listOf(answer?.resolvers);
  return new Set(resolvers.flatMap((each) => (isObject(each) && each.health === "loop" ? textOf(each.resolver) : [])));
}

export async function probeResolver(
  resolver: Resolver,
  loops: ReadonlySet<string>,
  mixedCase: boolean,
): Promise<ResolverProbe> {
  const { host, port } = resolver;
  const name = formatResolver(resolver);
  const shape = { name, isLoop: loops.has(name), mixedCase: mixedCase && resolver.tlsName === undefined };
  if (resolver.tlsName !== undefined) {
    const secured = await answered(overTls(resolver));
    return { ...shape, udp: secured, tcp: secured };
  }
  const [udp, tcp] = await Promise.all(
    [false, true].map((isTcp) => answered(askDns({ host, port }, PROBED, TYPE.A, isTcp))),
  );
  return { ...shape, udp: udp as Answered, tcp: tcp as Answered };
}

function answered(reply: Promise<Pick<Reply, "ms"> & { readonly message?: Reply["message"] }>): Promise<Answered> {
  return reply.then(
    ({ ms, message }) => ({ ms, spelled: message === undefined || isSpelled(message) }),
    (error: unknown) => ({ why: messageOf(error) }),
  );
}

function isSpelled({ questions }: Reply["message"]): boolean {
  return Buffer.compare(questions[0]?.name ?? Buffer.alloc(0), encodeName(PROBED)) === 0;
}

/** Whether a connection can be secured. */
function overTls({ host, port, tlsName }: Resolver): Promise<{ readonly ms: number }> {
  const started = performance.now();
  const name = tlsName === "" ? {} : { servername: tlsName };
  const socket = connectTls({ host, port, ALPNProtocols: ["dot"], rejectUnauthorized: tlsName !== "", ...name });
  return new Promise<{ readonly ms: number }>((resolve, reject) => {
    socket.setTimeout(TLS_MS, () => reject(new Error("silence over TLS")));
    socket.once("error", reject);
    socket.once("secureConnect", () => resolve({ ms: performance.now() - started }));
  }).finally(() => socket.destroy());
}

/** The leader's state, by whatever way the configuration finds the leader. @throws {MesosDnsError} why there is none */
export async function probeState(config: Config): Promise<LeaderState> {
  const nothing = () => undefined;
  const masters = new Masters({
    connect: connectWhenOpened,
    timers: systemTimers,
    random: Math.random,
    wallClock: Date.now,
    onNews: nothing,
    onLeader: nothing,
    onMasters: nothing,
  });
  const reader = createStateReader(config, { resolve: systemLookup, source: masters.source(config) });
  try {
    return await reader.read(AbortSignal.timeout(config.stateTimeoutSeconds * 1_000));
  } finally {
    await Promise.all([reader.close(), masters.stop()]);
  }
}

/** What the machine has. @param leader whose clock is asked; `undefined` if there is none */
export async function probeMachine(leader: HostPort | undefined, isHttps: boolean): Promise<Machine> {
  const text = (path: string) => readFile(path, "utf8").catch(() => "");
  const [info, max, used, limits] = await Promise.all([
    text("/proc/meminfo"),
    text("/sys/fs/cgroup/memory.max"),
    text("/sys/fs/cgroup/memory.current"),
    text("/proc/self/limits"),
  ]);
  const available = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(info)?.[1] ?? 0) * 1_024;
  const group = /^\d+$/.test(max.trim()) ? Number(max) - Number(used) : Number.POSITIVE_INFINITY;
  const descriptors = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return {
    memory: Math.min(available, group),
    descriptors: descriptors === undefined ? undefined : Number(descriptors),
    ahead: leader && (await aheadOf(`${isHttps ? "https" : "http"}://${formatHostPort(leader)}/health`)),
  };
}

/** Milliseconds by which a server's clock is ahead of this machine's; `undefined` if it tells no time. */
async function aheadOf(url: string): Promise<number | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TOLD_MS) }).catch(() => undefined);
  const date = Date.parse(response?.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date - Date.now();
}

export async function readResolvConf(): Promise<ResolvConf> {
  const text = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  return { text, link: await readlink("/etc/resolv.conf").catch(() => "") };
}

/** The addresses at which the server answers queries: a wildcard stands for every address of the machine. */
export function ownAddressesOf({ listener }: Pick<Config, "listener">): readonly string[] {
  const all = listener.some((address) => address === "0.0.0.0" || address === "::");
  return all ? [...machineAddresses()] : listener;
}

/** What `lb render` reads: files, a Marathon, names of agents. */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, type JsonObject, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import { systemTimers } from "../../base/timers.js";
import type { LbSettings } from "../../config/lb.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import { MarathonClient } from "../../sources/marathon/client.js";
import { mergeApps } from "../../sources/marathon/merged-apps.js";
import { type AppsAnswer, readApps } from "../../sources/marathon/read-apps.js";
import type { LbFlags } from "./flags.js";

export type Env = Readonly<Record<string, string | undefined>>;

/** The apps in a file, or of all Marathons. */
export async function appsOf(flags: LbFlags, settings: LbSettings, env: Env): Promise<readonly MarathonApp[]> {
  if (flags.appsFile !== undefined) return told(readApps(readJson(flags.appsFile, "--apps")));
  const lists = new Map<string, readonly MarathonApp[]>();
  for (const marathon of requireMarathons(settings, "--apps FILE")) {
    const { read } = await asked(marathon, env, (client, signal) => client.apps(signal));
    if (read) lists.set(marathon.name, told(read));
  }
  return mergeApps(lists);
}

/** Marathon's text answer to `GET /v2/tasks`, from a file or from a Marathon. */
export async function tasksOf(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  if (flags.tasksFile !== undefined) return readText(flags.tasksFile, "--tasks");
  const texts: string[] = [];
  for (const marathon of requireMarathons(settings, "--tasks FILE")) {
    texts.push(await asked(marathon, env, (client, signal) => client.tasksText(signal)));
  }
  return texts.join("");
}

/** The addresses of agents' names: those of a file, and then no others, or what the system's resolver says. */
export async function hostsOf(flags: LbFlags, apps: readonly MarathonApp[]): Promise<ReadonlyMap<string, string>> {
  if (flags.hostsFile !== undefined) {
    const hosts = readJson(flags.hostsFile, "--hosts");
    const entries: JsonObject = isObject(hosts) ? hosts : {};
    return new Map(Object.entries(entries).map(([name, address]) => [name, textOf(address)]));
  }
  const names = [...new Set(apps.flatMap(({ tasks }) => tasks.map(({ host }) => host)))];
  const found = await Promise.all(
    names.map(async (name) => {
      const address = await lookup(name, { family: 4 }).catch(() => undefined);
      return address ? [[name, address.address] as const] : [];
    }),
  );
  return new Map(found.flat());
}

export function readText(file: string, named: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read ${file}, which ${named} names: ${messageOf(error)}`);
  }
}

function readJson(file: string, named: string): unknown {
  const text = readText(file, named);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MesosDnsError("MARATHON_INVALID", `${file}, which ${named} names, is no JSON: ${messageOf(error)}`);
  }
}

function told({ apps, leftOut }: AppsAnswer): readonly MarathonApp[] {
  for (const text of leftOut) process.stderr.write(`${printable(text)}\n`);
  return apps;
}

function requireMarathons({ marathons, source }: LbSettings, instead: string): LbSettings["marathons"] {
  if (marathons.length > 0) return marathons;
  const why = source === "mesos" ? 'lb.source "mesos" is for `lb run` and `lb status` alone: ' : "";
  throw new MesosDnsError(
    "USAGE",
    `${why}--marathon URL is needed, or lb.marathons in its configuration, or ${instead}; see mesos-dns --help`,
  );
}

/** Asks the nodes of a Marathon once. */
async function asked<T>(
  marathon: LbSettings["marathons"][number],
  env: Env,
  ask: (client: MarathonClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const client = new MarathonClient(marathon, { timers: systemTimers, wallClock: Date.now, env });
  try {
    return await ask(client, new AbortController().signal);
  } finally {
    await client.close();
  }
}

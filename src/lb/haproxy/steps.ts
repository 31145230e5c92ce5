/** From what HAProxy has to what it should have, without a reload. */
import { parseAddress } from "../../base/addresses.js";
import { formatHostPort } from "../../base/host-port.js";
import { serverId } from "../marathon-lb/server-name.js";
import type { Backend, BackendServer, Balancer, BalancerMaps } from "./balancer.js";
import { serverText } from "./render.js";
import type { Running, RunningServer } from "./running.js";
import { word } from "./words.js";

export type MapName = keyof BalancerMaps;

export type Step =
  | { readonly kind: "add-server"; readonly backend: Backend; readonly server: BackendServer }
  /** It takes connections again. */
  | { readonly kind: "ready" | "maintenance" | "delete-server"; readonly backend: string; readonly server: string }
  /** It is elsewhere than its name says. */
  | { readonly kind: "set-address"; readonly backend: string; readonly server: BackendServer }
  | { readonly kind: "open-frontend"; readonly frontend: string }
  | {
      readonly kind: "set-map";
      readonly map: MapName;
      readonly key: string;
      readonly value: string;
      readonly isNew: boolean;
    }
  | { readonly kind: "unset-map"; readonly map: MapName; readonly key: string };

/** What gives requests somewhere to go comes first; what takes something away comes last. */
const ORDER: readonly Step["kind"][] = [
  ...(["add-server", "set-address", "ready", "open-frontend", "set-map"] as const),
  ...(["unset-map", "maintenance", "delete-server"] as const),
];

export interface Plan {
  /** In their order; none where both agree. */
  readonly steps: readonly Step[];
  /** Servers that wait: those that are to go, for the end of their requests, and those that are to drain, for another one: `BACKEND/SERVER`. */
  readonly leaving: readonly string[];
}

/** Backends that are as they should be. Those that are the same objects as before are not compared again. */
const agreed = new WeakMap<Backend, ReadonlyMap<string, RunningServer>>();

/**
 * What to do without a reload. Backends that only one of them has are left to a reload. A server that is to go takes nothing new at once,
 * and goes when it has no more requests.
 *
 * @param cut whether the connections of a server that is to go, `BACKEND/SERVER`, are to be cut by now
 */
export function planSteps(running: Running, desired: Balancer, cut: (server: string) => boolean): Plan {
  const leaving: string[] = [];
  const backends = desired.backends.flatMap((backend) => {
    const is = running.backends.get(backend.name);
    return is && agreed.get(backend) !== is ? serverSteps(backend, is, cut, leaving) : [];
  });
  const names = new Set(running.backends.keys());
  const maps = (["hosts", "apps"] as const).flatMap((map) =>
    mapSteps({ map, running: running.maps[map], backends: names, desired: desired.maps[map], ruled: desired.ruled }),
  );
  const opened = running.closed.flatMap(({ name, isShutDown }): readonly Step[] =>
    isShutDown ? [] : [{ kind: "open-frontend", frontend: name }],
  );
  const steps = [...backends, ...opened, ...maps].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  return { steps, leaving };
}

function serverSteps(
  backend: Backend,
  running: ReadonlyMap<string, RunningServer>,
  cut: (server: string) => boolean,
  leaving: string[],
): readonly Step[] {
  const { name, servers } = backend;
  const draining = drainedNow(backend, running);
  const ids = new Set(Array.from(running.values(), ({ id }) => id));
  const step = (kind: "ready" | "maintenance" | "delete-server", server: string): Step => ({
    kind,
    backend: name,
    server,
  });
  const wanted = servers.flatMap((server): readonly Step[] => {
    const is = running.get(server.name);
    if (!is) return draining.has(server.name) ? [] : [{ kind: "add-server", backend, server: withFreeId(server, ids) }];
    const moved: readonly Step[] = isAt(is, server) ? [] : [{ kind: "set-address", backend: name, server }];
    if (draining.has(server.name)) return is.isInMaintenance ? moved : [...moved, step("maintenance", server.name)];
    return is.isInMaintenance || is.isHeldBack ? [...moved, step("ready", server.name)] : moved;
  });
  const names = new Set(servers.map((server) => server.name));
  const going = Array.from(running).filter(([server]) => !names.has(server));
  const gone = going.flatMap(([server, { isInMaintenance, sessions }]): readonly Step[] => {
    leaving.push(`${name}/${server}`);
    if (!isInMaintenance) return [step("maintenance", server)];
    return sessions === 0 || cut(`${name}/${server}`) ? [step("delete-server", server)] : [];
  });
  const asked = servers.filter(({ isDraining }) => isDraining);
  if (draining.size < asked.length) leaving.push(...asked.map((server) => `${name}/${server.name}`));
  // Who drains depends on how the others are, which is read again and again.
  if (wanted.length === 0 && going.length === 0 && asked.length === 0) agreed.set(backend, running);
  return [...wanted, ...gone];
}

/** A server that is still there for its last requests may have the id: HAProxy takes no other one with it. */
function withFreeId(server: BackendServer, taken: Set<number>): BackendServer {
  if (taken.has(server.id)) return { ...server, id: serverId(server.name, taken) };
  taken.add(server.id);
  return server;
}

/** HAProxy writes addresses of IPv6 in its own way. */
function isAt({ address }: RunningServer, { ip, port }: BackendServer): boolean {
  if (address === `${ip}:${port}`) return true;
  const [, host = "", known] = /^\[?(.*?)\]?:(\d+)$/u.exec(address) ?? [];
  return known === undefined || (Number(known) === port && parseAddress(host)?.text === parseAddress(ip)?.text);
}

/**
 * The same as a configuration may say it at a reload: only those servers drain that can now, and cookies that clients have go on leading
 * to their servers.
 */
export function asOfNow(desired: Balancer, running: Running): Balancer {
  const backends = desired.backends.map((backend) => {
    const is = running.backends.get(backend.name);
    if (!is) return { ...backend, servers: backend.servers.map((server) => ({ ...server, isDraining: false })) };
    const draining = drainedNow(backend, is);
    const servers = backend.servers.map((server) => ({
      ...server,
      isDraining: draining.has(server.name),
      cookie: backend.isSticky ? is.get(server.name)?.cookie || server.cookie : undefined,
    }));
    return { ...backend, servers };
  });
  return { ...desired, backends };
}

/**
 * Servers whose place has been taken, as many as there are others that HAProxy itself finds well: one is drained only for another that
 * serves.
 */
function drainedNow({ servers }: Backend, running: ReadonlyMap<string, RunningServer>): ReadonlySet<string> {
  const asked = servers.filter(({ isDraining }) => isDraining);
  if (asked.length === 0) return new Set();
  const well = servers.filter(({ name, isDraining }) => {
    const is = running.get(name);
    return !isDraining && is !== undefined && is.isUp && !is.isInMaintenance;
  });
  return new Set(asked.slice(0, well.length).map(({ name }) => name));
}

interface MapChange {
  readonly map: MapName;
  readonly running: ReadonlyMap<string, string>;
  readonly desired: ReadonlyMap<string, string>;
  /** Those that run. */
  readonly backends: ReadonlySet<string>;
  readonly ruled: ReadonlySet<string>;
}

function mapSteps({ map, running, desired, backends, ruled }: MapChange): readonly Step[] {
  const set = Array.from(desired).flatMap(([key, value]): readonly Step[] => {
    const is = running.get(key);
    // Where the backend comes with a reload, so does the entry.
    if (is === value || !backends.has(value)) return [];
    return [{ kind: "set-map", map, key, value, isNew: is === undefined }];
  });
  // Where a line takes the place of an entry, it comes with a reload, and the entry goes with it.
  const isReplaced = (key: string, value: string) => map === "hosts" && ruled.has(`${key} ${value}`);
  const unset = Array.from(running).flatMap(([key, value]) => (desired.has(key) || isReplaced(key, value) ? [] : key));
  return [...set, ...unset.map((key): Step => ({ kind: "unset-map", map, key }))];
}

export interface CommandOptions {
  readonly files: Readonly<Record<MapName, string>>;
  readonly cookieKey: string;
  /** Whether a server that is added can be given its cookie, as since HAProxy 3.0. */
  readonly addsCookies: boolean;
  /** Whether it has to be told each time that servers may be added, as before 2.6. */
  readonly isExperimental: boolean;
}

/** What HAProxy is told for a step. */
export function commandsOf(step: Step, options: CommandOptions): readonly string[] {
  const { files, isExperimental } = options;
  const experiment = isExperimental ? "experimental-mode on; " : "";
  switch (step.kind) {
    case "add-server": {
      const [first, ...more] = additions(step.backend, step.server, options);
      return [`${experiment}${first}`, ...more];
    }
    case "ready": {
      const server = `${step.backend}/${step.server}`;
      return [`set server ${server} state ready`, `set server ${server} weight 100%`];
    }
    case "set-address": {
      const { name, ip, port } = step.server;
      return [`set server ${step.backend}/${name} addr ${ip} port ${port}`];
    }
    case "open-frontend":
      return [`enable frontend ${step.frontend}`];
    case "maintenance":
      return [`set server ${step.backend}/${step.server} state maint`];
    case "delete-server": {
      const server = `${step.backend}/${step.server}`;
      return [`shutdown sessions server ${server}`, `${experiment}del server ${server}`];
    }
    case "set-map":
      return [`${step.isNew ? "add" : "set"} map ${files[step.map]} ${step.key} ${step.value}`];
    case "unset-map":
      return [`del map ${files[step.map]} ${step.key}`];
  }
}

function additions(
  { name, serverOptions, isSticky }: Backend,
  server: BackendServer,
  { cookieKey, addsCookies }: CommandOptions,
): readonly string[] {
  const at = `${name}/${server.name}`;
  const text = serverText(addsCookies ? server : { ...server, cookie: undefined });
  const checks = serverOptions.includes(" check");
  return [
    `add server ${name}/${text}${serverOptions}`,
    // Said again, the key makes the cookie of a server that has come since.
    ...(isSticky && !addsCookies ? [`set dynamic-cookie-key backend ${name} ${word(cookieKey)}`] : []),
    `enable server ${at}`,
    ...(checks ? [`enable health ${at}`] : []),
  ];
}

/** What stands once these steps have been taken. Backends without a step are the same objects. */
export function afterSteps(running: Running, steps: readonly Step[]): Running {
  const backends = new Map(running.backends);
  const maps = { hosts: new Map(running.maps.hosts), apps: new Map(running.maps.apps) };
  const touched = new Map<string, Map<string, RunningServer>>();
  const serversOf = (name: string) => {
    const known = touched.get(name) ?? new Map(backends.get(name));
    touched.set(name, known);
    if (backends.has(name)) backends.set(name, known);
    return known;
  };
  const opened = new Set(steps.flatMap((step) => (step.kind === "open-frontend" ? step.frontend : [])));
  for (const step of steps) {
    if (step.kind === "open-frontend") continue;
    if (step.kind === "set-map") maps[step.map].set(step.key, step.value);
    else if (step.kind === "unset-map") maps[step.map].delete(step.key);
    else if (step.kind === "add-server") serversOf(step.backend.name).set(step.server.name, fresh(step.server));
    else if (step.kind === "delete-server") serversOf(step.backend).delete(step.server);
    else if (step.kind === "set-address") {
      const servers = serversOf(step.backend);
      const is = servers.get(step.server.name);
      if (is)
        servers.set(step.server.name, {
          ...is,
          address: formatHostPort({ host: step.server.ip, port: step.server.port }),
        });
    } else {
      const servers = serversOf(step.backend);
      const is = servers.get(step.server);
      if (is) servers.set(step.server, { ...is, isInMaintenance: step.kind === "maintenance", isHeldBack: false });
    }
  }
  return { backends, maps, closed: running.closed.filter(({ name }) => !opened.has(name)) };
}

/** HAProxy takes a server for well until a check has failed. */
function fresh({ id, ip, port, cookie }: BackendServer): RunningServer {
  const address = formatHostPort({ host: ip, port });
  return { id, address, isInMaintenance: false, isHeldBack: false, isUp: true, sessions: 0, cookie: cookie ?? "" };
}

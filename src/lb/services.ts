import { messageOf } from "../base/errors.js";
import type { LbHealthy } from "../config/lb.js";
import type { MarathonApp, MarathonHealthCheck, MarathonTask } from "../sources/marathon/app.js";
import { type DeployedApp, mergeDeploymentGroups } from "./deployment-groups.js";
import { readSettings, type ServiceSettings } from "./labels.js";
import { addressOfTask, networkMode, portOfTask, type ServicePort, servicePorts, taskPorts } from "./networking.js";
import { PortAssigner, type PortRange } from "./port-assignment.js";
import { passesReadiness } from "./readiness.js";

/** Where a task serves. */
export interface Server {
  readonly taskId: string;
  /** Its agent. */
  readonly host: string;
  readonly ip: string;
  readonly port: number;
  /** Whether it should get nothing new, because its place has been taken. */
  readonly isDraining: boolean;
}

/** A service port of an app, and who serves there. */
export interface Service {
  readonly appId: string;
  /** `n` of its labels. */
  readonly index: number;
  /** 0 if it has none, and is reached by its names only. */
  readonly port: number;
  /** `http`, `tcp`, or what a label says. */
  readonly mode: string;
  readonly check: MarathonHealthCheck | undefined;
  readonly settings: ServiceSettings;
  readonly groups: readonly string[];
  readonly isDatagram: boolean;
  /** Sorted by agent, port, address and task. */
  readonly servers: readonly Server[];
  /** RFC 3339; "" if unknown. */
  readonly lastConfigChangeAt: string;
}

export interface ServiceOptions {
  /** The address of an agent's name. */
  readonly resolve: (host: string) => string | undefined;
  readonly isStrict: boolean;
  /** Which tasks of apps with health checks serve: those that pass one, all but those that fail, or all. */
  readonly needsHealth: LbHealthy;
  /** What a task's health was last, by its id, for tasks without a result: changed by what is known now. */
  readonly lastHealth: Map<string, boolean>;
  /** Milliseconds since the epoch, if tasks that are not ready yet do not serve. */
  readonly now: number | undefined;
  /** For apps whose tasks have addresses of their own and no service ports. */
  readonly range: PortRange | undefined;
  /** An app that is left out: the framework's own. */
  readonly framework: string | undefined;
  readonly allowsTemplates: boolean;
  /** Whether the environment of an app counts where a label is missing. */
  readonly readsEnv: boolean;
}

/** What was left out, or is not as it was asked for, for people. */
export interface Notice {
  readonly appId: string;
  /** A clause. */
  readonly text: string;
}

/** A service whose labels cannot be read, and who serves there. */
export interface Unreadable {
  readonly appId: string;
  readonly index: number;
  /** A clause. */
  readonly reason: string;
  readonly servers: readonly Server[];
}

export interface Services {
  /** Ids of all apps that there are, those without a service as well. */
  readonly appIds: ReadonlySet<string>;
  readonly services: readonly Service[];
  readonly unreadable: readonly Unreadable[];
  readonly notices: readonly Notice[];
}

/** Tasks that may serve. A task that nobody can reach just now may still run. */
const SERVING: ReadonlySet<string> = new Set(["", "TASK_RUNNING", "TASK_LOST", "TASK_UNREACHABLE"]);
const HTTP_CHECKS: ReadonlySet<string> = new Set(["HTTP", "HTTPS", "MESOS_HTTP", "MESOS_HTTPS"]);

type AppServices = Omit<Services, "appIds">;

/** What an app gave, and the addresses that it was read with. */
interface Read extends AppServices {
  readonly addresses: ReadonlyMap<string, string | undefined>;
}

/** Apps that have been read: those that are the same objects, at the same addresses, are not read again. */
export type ReadApps = WeakMap<MarathonApp, Read>;

/**
 * The services of these apps that have servers, in the order of the apps.
 * @param known what was read with the same options before, to which this adds
 */
export function servicesOf(
  apps: readonly MarathonApp[],
  options: ServiceOptions,
  known: ReadApps = new WeakMap(),
): Services {
  const assigner = options.range && new PortAssigner(options.range);
  const all = mergeDeploymentGroups(apps);
  const read = all.flatMap((deployed): readonly AppServices[] => {
    const { app, draining } = deployed;
    if (app.id === `/${options.framework}`) return [];
    // Which port an app is given depends on the apps before it, and who is ready on the time.
    if (draining.size > 0 || needsPorts(app) || isMakingReady(app)) return [readServices(deployed, options, assigner)];
    const before = known.get(app);
    if (before && isThere(before, options)) return [before];
    const now = { ...readServices(deployed, options, undefined), addresses: addressesOf(app, options) };
    known.set(app, now);
    return [now];
  });
  return {
    appIds: new Set(all.map(({ app }) => app.id)),
    services: read.flatMap(({ services }) => services),
    unreadable: read.flatMap(({ unreadable }) => unreadable),
    notices: read.flatMap(({ notices }) => notices),
  };
}

function readServices(deployed: DeployedApp, options: ServiceOptions, assigner: PortAssigner | undefined): AppServices {
  const notices: Notice[] = [];
  const reader = new AppReader(deployed, options, (text) => void notices.push({ appId: deployed.app.id, text }));
  const services = reader.read(assigner);
  return { services, unreadable: reader.unreadable, notices };
}

function needsPorts(app: MarathonApp): boolean {
  return networkMode(app) === "container" && servicePorts(app).length === 0;
}

function isMakingReady({ deployments, readinessChecks }: MarathonApp): boolean {
  return deployments.length > 0 && readinessChecks.length > 0;
}

function addressesOf({ tasks }: MarathonApp, { resolve }: ServiceOptions): ReadonlyMap<string, string | undefined> {
  return new Map(tasks.map(({ host }) => [host, resolve(host)]));
}

function isThere({ addresses }: Read, { resolve }: ServiceOptions): boolean {
  for (const [host, address] of addresses) if (resolve(host) !== address) return false;
  return true;
}

class AppReader {
  readonly #app: MarathonApp;
  readonly #draining: ReadonlySet<string>;
  readonly #options: ServiceOptions;
  readonly #note: (text: string) => void;
  readonly unreadable: Unreadable[] = [];

  constructor({ app, draining }: DeployedApp, options: ServiceOptions, note: (text: string) => void) {
    this.#app = app;
    this.#draining = draining;
    this.#options = options;
    this.#note = note;
  }

  read(assigner: PortAssigner | undefined): readonly Service[] {
    const ports = this.#ports(assigner);
    if (ports.length === 0) return [];
    const tasks = this.#app.tasks.filter((task) => this.#serves(task));
    // Of service ports that are the same, the last one counts.
    const last = new Map(ports.map((port, index) => [port.number, index]));
    return [...last.values()].flatMap((index) => this.#service(index, ports, tasks) ?? []);
  }

  #ports(assigner: PortAssigner | undefined): readonly ServicePort[] {
    const app = this.#app;
    const ports = servicePorts(app);
    const [first] = app.tasks;
    if (ports.length > 0 || !assigner || !first || networkMode(app) !== "container") return ports;
    return taskPorts(app, first).flatMap((taskPort, place) => {
      const number = assigner.assign(app.id, taskPort);
      if (number === undefined) this.#note(`there is no service port left for its port ${taskPort}`);
      return number === undefined ? [] : [{ number, mapping: undefined, place, isDatagram: false }];
    });
  }

  #service(index: number, ports: readonly ServicePort[], tasks: readonly MarathonTask[]): Service | undefined {
    const app = this.#app;
    const port = ports[index] as ServicePort;
    // The last of the same service ports has the tasks of all.
    const same = ports.filter(({ number }) => number === port.number);
    const servers = same.flatMap((one) => tasks.flatMap((task) => this.#server(task, one) ?? [])).sort(byPlace);
    const settings = servers.length === 0 ? undefined : this.#settings(index, servers);
    if (!settings) return undefined;
    const check = this.#check(index);
    const borrowed = !check && settings.checkIndex !== undefined ? this.#check(settings.checkIndex) : undefined;
    const said = borrowed && HTTP_CHECKS.has(borrowed.protocol) ? "http" : settings.mode;
    const default_ = check?.protocol === "HTTP" || settings.hostname !== undefined ? "http" : "tcp";
    return {
      appId: app.id,
      index,
      port: settings.port ?? port.number,
      mode: said ?? default_,
      check: check ?? borrowed,
      settings,
      groups: settings.groups ?? app.labels.get("HAPROXY_GROUP")?.split(",") ?? [],
      isDatagram: port.isDatagram,
      servers,
      lastConfigChangeAt: app.lastConfigChangeAt,
    };
  }

  #settings(index: number, servers: readonly Server[]): ServiceSettings | undefined {
    const { labels, env } = this.#app;
    const { isStrict, allowsTemplates, readsEnv } = this.#options;
    const labelOf = (name: string) => {
      const label = `HAPROXY_${index}_${name}`;
      return labels.get(label) ?? (readsEnv ? env.get(label) : undefined);
    };
    try {
      return readSettings(labelOf, { isStrict, allowsTemplates });
    } catch (error) {
      this.unreadable.push({ appId: this.#app.id, index, reason: messageOf(error), servers });
      return undefined;
    }
  }

  /** The first health check that is for this port, or for a port by its number. */
  #check(index: number): MarathonHealthCheck | undefined {
    return this.#app.healthChecks.find(({ port, portIndex }) => Boolean(port) || portIndex === index);
  }

  #serves(task: MarathonTask): boolean {
    const { needsHealth, lastHealth, now } = this.#options;
    if (task.host === "" || !SERVING.has(task.state)) return false;
    if (now !== undefined && needsHealth === "required" && !passesReadiness(this.#app, task, now)) return false;
    if (needsHealth === "ignore" || this.#app.healthChecks.length === 0) return true;
    const unknown = lastHealth.get(task.id) ?? needsHealth === "known";
    const isAlive = task.health ? task.health.some((alive) => alive) : unknown;
    if (task.health) lastHealth.set(task.id, isAlive);
    return isAlive;
  }

  #server(task: MarathonTask, port: ServicePort): Server | undefined {
    const app = this.#app;
    const number = portOfTask(app, task, port);
    if (number === undefined) return undefined;
    const ip = addressOfTask(app, task, port, this.#options.resolve);
    if (ip === undefined) {
      this.#note(`its task ${task.id} has no address yet, or its agent's name ${task.host} has none`);
      return undefined;
    }
    return { taskId: task.id, host: task.host, ip, port: number, isDraining: this.#draining.has(task.id) };
  }
}

function byPlace(a: Server, b: Server): number {
  if (a.host !== b.host) return a.host < b.host ? -1 : 1;
  if (a.port !== b.port) return a.port - b.port;
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1;
  return a.taskId < b.taskId ? -1 : 1;
}

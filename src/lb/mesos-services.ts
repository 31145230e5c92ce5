/** Services from what the masters say of tasks: of any framework whose tasks have the labels. */
import { containerAddresses, healthOf, portsOf } from "../catalog/instance.js";
import type { InstancePort } from "../catalog/model.js";
import type { LbHealthy } from "../config/lb.js";
import type { MarathonHealthCheck } from "../sources/marathon/app.js";
import type { Cluster, Framework, Task } from "../sources/mesos/cluster.js";
import { readSettings, type ServiceSettings } from "./labels.js";
import { PortAssigner, type PortRange } from "./port-assignment.js";
import type { Notice, Server, Service, Services, Unreadable } from "./services.js";

export interface MesosServiceOptions {
  readonly isStrict: boolean;
  readonly needsHealth: LbHealthy;
  readonly range: PortRange | undefined;
  readonly allowsTemplates: boolean;
  /** The addresses of an agent, by the host of its endpoint. */
  readonly addressesOf: (host: string) => readonly string[];
}

/** How Marathon ends the ids of tasks behind the path of the app, in which `_` stands for `/`. */
const MARATHON_ID =
  /^(.+)\.(?:instance-|marathon-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:\..*)?$/u;
/** Seconds, and checks in a row, where HAProxy alone finds out how a server is. */
const CHECK = { gracePeriodSeconds: 0, intervalSeconds: 5, timeoutSeconds: 5, maxConsecutiveFailures: 2 };

/** Tasks that are one app. */
interface App {
  readonly id: string;
  readonly tasks: Task[];
}

/** The services of all tasks with labels of a load balancer, sorted by app. */
export function servicesOfCluster(cluster: Cluster, options: MesosServiceOptions): Services {
  const assigner = options.range && new PortAssigner(options.range);
  const services: Service[] = [];
  const unreadable: Unreadable[] = [];
  const notices: Notice[] = [];
  const apps = appsOf(cluster);
  for (const app of apps) {
    const note = (text: string) => void notices.push({ appId: app.id, text });
    const count = Math.max(...app.tasks.map((task) => portsOf(task).length));
    for (let index = 0; index < count; index++) {
      const read = serviceOf(app, index, cluster, options, { assigner, note });
      if (read && "reason" in read) unreadable.push(read);
      else if (read) services.push(read);
    }
  }
  return { appIds: new Set(apps.map(({ id }) => id)), services, unreadable, notices };
}

/** Sorted by id. Where two frameworks have the same one, that of the later framework has its name in front. */
function appsOf({ frameworks }: Cluster): readonly App[] {
  const apps = new Map<string, App>();
  const owners = new Map<string, string>();
  for (const framework of [...frameworks].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    for (const task of framework.tasks.filter(isBalanced)) {
      const id = idOf(task, framework, owners);
      const known = apps.get(id);
      if (known) known.tasks.push(task);
      else apps.set(id, { id, tasks: [task] });
    }
  }
  return [...apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function isBalanced({ facts }: Task): boolean {
  return facts?.labels.some(({ key }) => key.startsWith("HAPROXY_")) ?? false;
}

function idOf(task: Task, framework: Framework, owners: Map<string, string>): string {
  const path = MARATHON_ID.exec(task.id)?.[1]?.replaceAll("_", "/");
  const id = `/${path ?? task.discovery?.name ?? task.name}`;
  const owner = owners.get(id) ?? framework.id;
  owners.set(id, owner);
  return owner === framework.id ? id : `/${framework.name}${id}`;
}

interface Means {
  readonly assigner: PortAssigner | undefined;
  readonly note: (text: string) => void;
}

function serviceOf(
  { id, tasks }: App,
  index: number,
  cluster: Cluster,
  options: MesosServiceOptions,
  { assigner, note }: Means,
): Service | Unreadable | undefined {
  // Where tasks of two versions run, the label of the later one in the master's list counts.
  const labels = new Map(tasks.flatMap(({ facts }) => facts?.labels ?? []).map(({ key, value }) => [key, value]));
  const servers = tasks.flatMap((task) => serverOf(task, index, cluster, options) ?? []).sort(byPlace);
  if (servers.length === 0) return undefined;
  let settings: ServiceSettings;
  let check: MarathonHealthCheck | undefined;
  const labelOf = (name: string) => labels.get(`HAPROXY_${index}_${name}`);
  try {
    settings = readSettings(labelOf, options);
    check = checkOf(labelOf("CHECK"));
  } catch (error) {
    return { appId: id, index, reason: error instanceof Error ? error.message : String(error), servers };
  }
  const port = settings.port ?? (settings.hostname === undefined ? assigner?.assign(id, index) : 0);
  if (port === undefined) {
    note(`there is no service port left for its service ${index}: give it HAPROXY_${index}_PORT`);
    return undefined;
  }
  return {
    appId: id,
    index,
    port,
    mode: settings.mode ?? (settings.hostname === undefined && check?.protocol !== "HTTP" ? "tcp" : "http"),
    check,
    settings,
    groups: settings.groups ?? labels.get("HAPROXY_GROUP")?.split(",") ?? [],
    isDatagram: tasks.every((task) => portsOf(task)[index]?.protocol.toLowerCase() === "udp"),
    servers,
    lastConfigChangeAt: "",
  };
}

/** What HAProxy asks: whether somebody listens, unless a label says `none`, or `http` and a path. */
function checkOf(label = "tcp"): MarathonHealthCheck | undefined {
  const [kind = "", path, ...more] = label.trim().split(/\s+/u);
  if (kind === "none" && path === undefined) return undefined;
  if (kind === "tcp" && path === undefined) return { ...CHECK, ...NOWHERE, protocol: "TCP", path: undefined };
  if (kind === "http" && more.length === 0) return { ...CHECK, ...NOWHERE, protocol: "HTTP", path: path ?? "/" };
  throw new Error(`CHECK is "${label}", and has to be none, tcp, or http and a path`);
}

const NOWHERE = { portIndex: undefined, port: undefined };

function serverOf(task: Task, index: number, cluster: Cluster, options: MesosServiceOptions): Server | undefined {
  const port = portsOf(task)[index];
  if (!port || !serves(task, options.needsHealth)) return undefined;
  const agent = cluster.agents.get(task.agentId);
  const host = agent?.endpoint.host ?? "";
  const place = placeOf(task, port, options.addressesOf(host));
  return place && { taskId: task.id, host: agent?.hostname || host, ...place, isDraining: false };
}

/** Where clients reach it: at the agent, where a port of the agent is its own, or at an address of its own. */
function placeOf(task: Task, { number, hostPort }: InstancePort, agent: readonly string[]) {
  const ip = hostPort === undefined ? containerAddresses(task)[0] : agent[0];
  return ip === undefined ? undefined : { ip, port: hostPort ?? number };
}

function serves(task: Task, needsHealth: LbHealthy): boolean {
  if (needsHealth === "ignore") return true;
  const health = healthOf(task);
  if (health === "unknown") return needsHealth === "known" || !task.facts?.hasHealthCheck;
  return health === "healthy";
}

function byPlace(a: Server, b: Server): number {
  if (a.host !== b.host) return a.host < b.host ? -1 : 1;
  return a.port - b.port || (a.taskId < b.taskId ? -1 : 1);
}

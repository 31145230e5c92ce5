import { byteOrder } from "../../base/byte-order.js";
import type { MarathonApp, MarathonHealthCheck, MarathonTask } from "../../sources/marathon/app.js";
import { isReady } from "../readiness.js";
import type { Rule } from "./rules/rule.js";
import { servicePorts } from "./service-ports.js";
import {
  bool,
  int,
  type ListValue,
  list,
  type MapValue,
  type StructValue,
  struct,
  text,
  textMap,
  type Value,
} from "./template/values.js";

/** Rules by the id of their app. */
export type Rules = ReadonlyMap<string, Rule>;

/**
 * What Bamboo's templates see: `Apps`, sorted by id, and `Services`, the rules. `now` is in milliseconds since the epoch.
 *
 * As Bamboo has it, but for two things: service ports are also those of Marathon 1.5 and later, and no secret is in the way.
 */
export function bambooData(apps: readonly MarathonApp[], rules: Rules, now: number): StructValue {
  const sorted = apps.toSorted((a, b) => byteOrder(a.id, b.id));
  return struct("haproxy.templateData", {
    Apps: list(
      "marathon.AppList",
      sorted.map((app) => appOf(app, now)),
    ),
    Services: servicesOf(rules),
  });
}

function servicesOf(rules: Rules): MapValue {
  return {
    kind: "map",
    type: "map[string]service.Service",
    entries: new Map([...rules].map(([id, rule]) => [id, serviceOf(rule)])),
    zero: serviceOf({ id: "", acl: "", config: undefined }),
  };
}

/** A rule as a value. */
export function serviceOf({ id, acl, config }: Rule): StructValue {
  return struct("service.Service", { Id: text(id), Acl: text(acl), Config: config ? textMap(config) : NO_TEXTS });
}

/** Go's nil, of a map. */
const NO_TEXTS: MapValue = { ...textMap(new Map()), isNil: true };

function appOf(app: MarathonApp, now: number): StructValue {
  const http = app.healthChecks.find(isHttp);
  const ports = servicePorts(app);
  const tasks = app.tasks.toSorted((a, b) => byteOrder(a.id, b.id)).flatMap((task) => taskOf(app, task, now) ?? []);
  return struct("marathon.App", {
    Id: text(app.id),
    MesosDnsId: text(mesosDnsId(app.id)),
    EscapedId: text(app.givenId.replaceAll("/", "::")),
    HealthCheckPath: text(http?.path ?? ""),
    HealthCheckProtocol: text(http?.protocol ?? ""),
    HealthChecks: list("[]marathon.HealthCheck", app.healthChecks.map(healthCheckOf)),
    ReadinessCheckPath: text(app.readinessChecks[0]?.path ?? ""),
    Tasks: list("[]marathon.Task", tasks),
    ServicePort: whole(ports[0] ?? 0),
    ServicePorts: ports.length > 0 ? numbers(ports) : { ...numbers([]), isNil: true },
    Env: textMap(app.env),
    Labels: textMap(app.labels),
    SplitId: list("[]string", app.givenId.split("/").map(text)),
    IpAddress: ipAddressOf(app),
  });
}

function isHttp({ protocol }: MarathonHealthCheck): boolean {
  return protocol === "HTTP" || protocol === "HTTPS";
}

function healthCheckOf({ protocol, path, portIndex }: MarathonHealthCheck): StructValue {
  return struct("marathon.HealthCheck", {
    Protocol: text(protocol),
    Path: text(path ?? ""),
    PortIndex: whole(portIndex ?? 0),
  });
}

/** The segments of an id, the last one first. */
function mesosDnsId(id: string): string {
  return id
    .split("/")
    .filter((segment) => segment !== "")
    .reverse()
    .join("-");
}

function numbers(values: readonly number[]): ListValue {
  return list("[]int", values.map(whole));
}

/** JSON has numbers that are no integers. */
function whole(value: number): Value {
  return int(Number.isFinite(value) ? Math.trunc(value) : 0);
}

function ipAddressOf({ ipAddress }: MarathonApp): StructValue {
  const ports = (ipAddress?.discoveryPorts ?? []).map(({ number, name, protocol }) =>
    struct("marathon.Port", { Number: whole(number), Name: text(name), Protocol: text(protocol) }),
  );
  const all = list("[]marathon.Port", ports);
  const discovery = struct("marathon.Discovery", { Ports: ipAddress ? all : { ...all, isNil: true } });
  return struct("marathon.AppIpAddress", { Discovery: discovery });
}

/** `undefined` if nobody could connect to it: it has no host or no port. */
function taskOf(app: MarathonApp, task: MarathonTask, now: number): StructValue | undefined {
  const { host, port } = addressOf(app, task);
  if (host === "" || port === 0) return undefined;
  return struct("marathon.Task", {
    Id: text(task.id),
    Host: text(host),
    Port: whole(port),
    Ports: numbers(task.ports),
    Alive: bool(isAlive(app, task)),
    State: text(task.state),
    Ready: bool(isReady(app, task, now)),
  });
}

/** A discovered port on an address of the task's own comes before the agent's. */
function addressOf({ ipAddress }: MarathonApp, task: MarathonTask): { host: string; port: number } {
  const [discovered] = ipAddress?.discoveryPorts ?? [];
  const [own] = task.ipAddresses;
  if (discovered && own !== undefined) return { host: own, port: discovered.number };
  const [port] = task.ports;
  return port === undefined ? { host: "", port: 0 } : { host: task.host, port };
}

/** A result of each check, and all of them good. */
function isAlive({ healthChecks }: MarathonApp, { health = [] }: MarathonTask): boolean {
  return health.length >= healthChecks.length && health.every((alive) => alive);
}

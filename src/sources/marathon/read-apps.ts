import { MesosDnsError } from "../../base/errors.js";
import { isPort } from "../../base/host-port.js";
import { isObject, type JsonObject, listOf, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import type {
  MarathonApp,
  MarathonContainer,
  MarathonHealthCheck,
  MarathonIpAddress,
  MarathonPortMapping,
  MarathonTask,
} from "./app.js";

/** Octets of an answer that cannot be read which are quoted. */
const MAX_QUOTED = 60;
/** What Marathon takes where a health check does not say it. */
const CHECK_DEFAULTS = { grace: 300, interval: 60, timeout: 20, failures: 3 };

/** A whole answer. Throws MesosDnsError MARATHON_INVALID if it is cut off, or no JSON at all. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    const begins = JSON.stringify(printable(body.toString("utf8", 0, MAX_QUOTED)));
    throw new MesosDnsError(
      "MARATHON_INVALID",
      `its answer of ${body.length} octets is no JSON; it begins with ${begins}`,
    );
  }
}

export interface AppsAnswer {
  readonly apps: readonly MarathonApp[];
  /** A clause for each app or task that could not be read. The others are there. */
  readonly leftOut: readonly string[];
}

/**
 * The apps in Marathon's answer to `GET /v2/apps?embed=apps.tasks`, in its order.
 *
 * Lenient field by field: a part of an unexpected type counts as absent. Throws MesosDnsError MARATHON_INVALID if the answer is
 * not a list of apps at all, as an error in JSON is.
 */
export function readApps(answer: unknown): AppsAnswer {
  if (!isObject(answer) || !Array.isArray(answer.apps)) {
    const said = isObject(answer) ? textOf(answer.message) : "";
    throw new MesosDnsError("MARATHON_INVALID", `there are no apps in its answer${said && `: ${said}`}`);
  }
  return listApps(answer.apps.map(readApp));
}

/** An app, and a clause for each task of it that could not be read. */
export interface ReadApp {
  readonly app: MarathonApp | undefined;
  readonly leftOut: readonly string[];
}

/** The apps that could be read, each once. @param items all of an answer, in its order */
export function listApps(items: readonly ReadApp[]): AppsAnswer {
  const apps = new Map<string, MarathonApp>();
  const leftOut = items.flatMap(({ app, leftOut: ofTasks }, index) => {
    if (!app) return [`the app at place ${index + 1} of Marathon's answer has no id`];
    if (apps.has(app.id)) return [`the app ${app.id} stands twice in Marathon's answer: the first one counts`];
    apps.set(app.id, app);
    return ofTasks;
  });
  return { apps: [...apps.values()], leftOut };
}

/** An element of the list of apps. */
export function readApp(item: unknown): ReadApp {
  const app = objectOf(item);
  const givenId = textOf(app.id);
  if (givenId === "") return { app: undefined, leftOut: [] };
  const id = givenId.startsWith("/") ? givenId : `/${givenId}`;
  const tasks = listOf(app.tasks).map((task) => readTask(objectOf(task)));
  const read = tasks.filter((task) => task !== undefined);
  const leftOut = Array<string>(tasks.length - read.length).fill(`a task of ${id} has no id`);
  return { app: withTasks(app, { id, givenId, tasks: read }), leftOut };
}

function withTasks(app: JsonObject, own: Pick<MarathonApp, "id" | "givenId" | "tasks">): MarathonApp {
  const versions = objectOf(app.versionInfo);
  const results = objectsOf(app.readinessCheckResults);
  return {
    ...own,
    instances: numberOf(app.instances) ?? 0,
    labels: textsOf(app.labels),
    env: textsOf(app.env),
    networks: objectsOf(app.networks).map(({ mode, name }) => ({
      mode: textOf(mode) || "container",
      name: textOf(name),
    })),
    container: readContainer(objectOf(app.container)),
    ipAddress: readIpAddress(app.ipAddress),
    portDefinitions: Array.isArray(app.portDefinitions)
      ? objectsOf(app.portDefinitions).map(({ port, protocol }) => ({
          port: portOf(port),
          protocol: textOf(protocol) || "tcp",
        }))
      : undefined,
    ports: portsOf(app.ports),
    healthChecks: objectsOf(app.healthChecks).map(readHealthCheck),
    readinessChecks: objectsOf(app.readinessChecks).map(({ path, timeoutSeconds }) => ({
      path: textOf(path),
      timeoutSeconds: numberOf(timeoutSeconds) ?? 0,
    })),
    readiness: new Map(results.map(({ taskId, ready }) => [textOf(taskId), ready === true])),
    deployments: objectsOf(app.deployments).map((deployment) => textOf(deployment.id)),
    lastScalingAt: textOf(versions.lastScalingAt),
    lastConfigChangeAt: textOf(versions.lastConfigChangeAt),
  };
}

function readContainer(container: JsonObject): MarathonContainer {
  const docker = objectOf(container.docker);
  const ofDocker = objectsOf(docker.portMappings);
  const mappings = ofDocker.length > 0 ? ofDocker : objectsOf(container.portMappings);
  return { dockerNetwork: textOf(docker.network), portMappings: mappings.map(readMapping) };
}

function readMapping(mapping: JsonObject): MarathonPortMapping {
  return {
    containerPort: portOf(mapping.containerPort),
    hostPort: portOf(mapping.hostPort),
    servicePort: portOf(mapping.servicePort),
    protocol: textOf(mapping.protocol) || "tcp",
    networkNames: listOf(mapping.networkNames).map(textOf),
  };
}

function readIpAddress(value: unknown): MarathonIpAddress | undefined {
  if (!isObject(value) || Object.keys(value).length === 0) return undefined;
  const ports = objectsOf(objectOf(value.discovery).ports).flatMap(({ number, name, protocol }) => {
    const port = portOf(number);
    return port === undefined ? [] : [{ number: port, name: textOf(name), protocol: textOf(protocol) }];
  });
  return { discoveryPorts: ports };
}

function readHealthCheck(check: JsonObject): MarathonHealthCheck {
  return {
    protocol: textOf(check.protocol) || "HTTP",
    path: textOf(check.path) || undefined,
    portIndex: numberOf(check.portIndex),
    port: portOf(check.port),
    gracePeriodSeconds: numberOf(check.gracePeriodSeconds) ?? CHECK_DEFAULTS.grace,
    intervalSeconds: numberOf(check.intervalSeconds) ?? CHECK_DEFAULTS.interval,
    timeoutSeconds: numberOf(check.timeoutSeconds) ?? CHECK_DEFAULTS.timeout,
    maxConsecutiveFailures: numberOf(check.maxConsecutiveFailures) ?? CHECK_DEFAULTS.failures,
  };
}

function readTask(task: JsonObject): MarathonTask | undefined {
  const id = textOf(task.id);
  if (id === "") return undefined;
  const results = task.healthCheckResults;
  return {
    id,
    host: textOf(task.host),
    ports: portsOf(task.ports),
    ipAddresses: objectsOf(task.ipAddresses).flatMap(({ ipAddress }) => textOf(ipAddress) || []),
    state: textOf(task.state),
    startedAt: textOf(task.startedAt),
    health: Array.isArray(results) ? objectsOf(results).map(({ alive }) => alive === true) : undefined,
  };
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return listOf(value).filter(isObject);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** 0 stands for any port. */
function portOf(value: unknown): number | undefined {
  return value === 0 || isPort(value) ? value : undefined;
}

function portsOf(value: unknown): readonly number[] {
  return listOf(value).flatMap((item) => portOf(item) ?? []);
}

function textsOf(value: unknown): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(objectOf(value)).flatMap(([name, text]) => (typeof text === "string" ? [[name, text]] : [])),
  );
}

/** How tasks are reached: the only place that knows Marathon's ways of networking. */
import { parseAddress } from "../base/addresses.js";
import type { MarathonApp, MarathonPortMapping, MarathonTask } from "../sources/marathon/app.js";

/** `container/bridge`: behind ports of the agent; `container`: at an address of its own. */
export type NetworkMode = "host" | "container/bridge" | "container";

/** A port that an app serves at, and where a task has it. */
export interface ServicePort {
  readonly number: number;
  /** Where the task's own port is: a mapping of the container's, or a place in lists. */
  readonly mapping: MarathonPortMapping | undefined;
  readonly place: number;
  /** Whether it takes datagrams only, which HAProxy does not balance. */
  readonly isDatagram: boolean;
}

export function networkMode(app: MarathonApp): NetworkMode {
  const { dockerNetwork } = app.container;
  // Modes cannot be mixed: the last one is as good as any.
  const mode = app.networks.at(-1)?.mode;
  if (mode !== undefined) return mode === "host" || mode === "container/bridge" ? mode : "container";
  if (dockerNetwork === "USER") return "container";
  if (dockerNetwork === "BRIDGE") return "container/bridge";
  return app.ipAddress ? "container" : "host";
}

/** The service ports of an app, in the order of their index; none where Marathon has given none. */
export function servicePorts(app: MarathonApp): readonly ServicePort[] {
  const { portMappings } = app.container;
  const mapped = networkMode(app) === "host" ? [] : portMappings;
  const ofMappings = mapped.flatMap((mapping, place) =>
    mapping.servicePort === undefined ? [] : [servicePort(mapping.servicePort, mapping.protocol, place, mapping)],
  );
  if (ofMappings.length > 0) return ofMappings;
  const { portDefinitions } = app;
  if (!portDefinitions) return app.ports.map((port, place) => servicePort(port, "tcp", place));
  return portDefinitions.flatMap(({ port, protocol }, place) =>
    port === undefined ? [] : [servicePort(port, protocol, place)],
  );
}

function servicePort(number: number, protocol: string, place: number, mapping?: MarathonPortMapping): ServicePort {
  return { number, mapping, place, isDatagram: protocol === "udp" };
}

/** The ports at which a task of the app is reached, whether or not the app has service ports for them. */
export function taskPorts(app: MarathonApp, task: MarathonTask): readonly number[] {
  const mode = networkMode(app);
  if (mode === "container") {
    const discovered = app.ipAddress?.discoveryPorts.map(({ number }) => number) ?? [];
    return discovered.length > 0 ? discovered : containerPorts(app);
  }
  if (task.ports.length > 0) return task.ports;
  const defined = (app.portDefinitions ?? []).flatMap(({ port }) => port ?? []);
  return defined.length > 0 || mode === "host" ? defined : containerPorts(app);
}

function containerPorts(app: MarathonApp): readonly number[] {
  return app.container.portMappings.flatMap(({ containerPort }) => containerPort ?? []);
}

/** Where a task serves at one of its app's service ports; `undefined` if it does not, as one of an older version may not. */
export function portOfTask(app: MarathonApp, task: MarathonTask, { mapping, place }: ServicePort): number | undefined {
  const ports = taskPorts(app, task);
  if (!mapping || ports !== task.ports) return ports[place];
  const { portMappings } = app.container;
  if (ports.length >= portMappings.length) return ports[place];
  // The agent has a port only for those mappings that ask for one.
  if (mapping.hostPort === undefined) return undefined;
  return ports[portMappings.slice(0, place).filter(({ hostPort }) => hostPort !== undefined).length];
}

/**
 * The address at which a task is reached at a service port; `undefined` if it has none yet, or its agent's name has none.
 * @param resolve the address of an agent's name
 */
export function addressOfTask(
  app: MarathonApp,
  task: MarathonTask,
  port: ServicePort,
  resolve: (host: string) => string | undefined,
): string | undefined {
  if (networkMode(app) !== "container") return task.host === "" ? undefined : resolve(task.host);
  const [name] = port.mapping?.networkNames ?? [];
  const network = name === undefined ? 0 : app.networks.findIndex((item) => item.name === name);
  const address = task.ipAddresses[Math.max(0, network)] ?? task.ipAddresses[0] ?? "";
  // What is none could be lines of a configuration.
  return parseAddress(address) ? address : undefined;
}

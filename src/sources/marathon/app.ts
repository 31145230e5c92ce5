/** What Marathon says of its apps and their tasks: its own words and nesting, without what nobody here needs. `null` counts as absent. */

export interface MarathonApp {
  /** A path, with the slash in front: `/shop/web`. */
  readonly id: string;
  /** As it was in the answer: apps of Marathon before 0.7 have no slash in front. */
  readonly givenId: string;
  readonly instances: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Without secrets, whose values Marathon does not tell. */
  readonly env: ReadonlyMap<string, string>;
  readonly networks: readonly MarathonNetwork[];
  /** Where there is a container, what of it concerns ports. */
  readonly container: MarathonContainer;
  /** `undefined` if each task has no address of its own in the way of Marathon before 1.5. */
  readonly ipAddress: MarathonIpAddress | undefined;
  /** `undefined` if the answer has none at all, as Marathon before 1.0. */
  readonly portDefinitions: readonly MarathonPort[] | undefined;
  /** Service ports of host networking. Gone since 1.5. */
  readonly ports: readonly number[];
  readonly healthChecks: readonly MarathonHealthCheck[];
  readonly readinessChecks: readonly MarathonReadinessCheck[];
  /** By task. */
  readonly readiness: ReadonlyMap<string, boolean>;
  /** Ids of those that are under way. */
  readonly deployments: readonly string[];
  /** RFC 3339; "" if unknown. */
  readonly lastScalingAt: string;
  readonly lastConfigChangeAt: string;
  readonly tasks: readonly MarathonTask[];
}

export interface MarathonNetwork {
  /** `host`, `container` or `container/bridge`; `container` if it is not said. */
  readonly mode: string;
  readonly name: string;
}

export interface MarathonContainer {
  /** `HOST`, `BRIDGE`, `USER` or "", of Docker before 1.5. */
  readonly dockerNetwork: string;
  /** Those of Docker, or if there are none those of the container. */
  readonly portMappings: readonly MarathonPortMapping[];
}

export interface MarathonPortMapping {
  readonly containerPort: number | undefined;
  /** 0: any that is free. */
  readonly hostPort: number | undefined;
  readonly servicePort: number | undefined;
  /** `tcp`, `udp` or `udp,tcp`. */
  readonly protocol: string;
  /** The networks that it is for, if the app has several. */
  readonly networkNames: readonly string[];
}

export interface MarathonIpAddress {
  readonly discoveryPorts: readonly { readonly number: number; readonly name: string; readonly protocol: string }[];
}

export interface MarathonPort {
  readonly port: number | undefined;
  readonly protocol: string;
}

export interface MarathonHealthCheck {
  /** `HTTP`, `HTTPS`, `TCP`, `COMMAND`, `MESOS_HTTP`, `MESOS_HTTPS` or `MESOS_TCP`. */
  readonly protocol: string;
  readonly path: string | undefined;
  /** Counts the service ports. */
  readonly portIndex: number | undefined;
  /** Has precedence over the index. */
  readonly port: number | undefined;
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly maxConsecutiveFailures: number;
}

export interface MarathonReadinessCheck {
  readonly path: string;
  /** 0 if it is not said. */
  readonly timeoutSeconds: number;
}

export interface MarathonTask {
  readonly id: string;
  /** The agent's name or address; "" if it is not said. */
  readonly host: string;
  /** One for each port that the agent has for it. */
  readonly ports: readonly number[];
  readonly ipAddresses: readonly string[];
  /** As in Mesos: `TASK_RUNNING`, …; "" if it is not said, as Marathon before 1.0. */
  readonly state: string;
  /** RFC 3339; "" if unknown. */
  readonly startedAt: string;
  /** Of each health check that has a result yet; `undefined` before the first. */
  readonly health: readonly boolean[] | undefined;
}

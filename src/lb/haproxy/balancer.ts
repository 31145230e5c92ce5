/** What HAProxy should run: a configuration in parts, so that what can change without a reload stands apart. */

export interface Balancer {
  /** Sections before the backends, with their lines. */
  readonly head: readonly string[];
  /** Sorted by name. */
  readonly backends: readonly Backend[];
  readonly maps: BalancerMaps;
  /** `NAME BACKEND` where lines of the frontends lead on, and not the map. */
  readonly ruled: ReadonlySet<string>;
}

export interface BalancerMaps {
  /** The backend of a name over HTTP and TLS. */
  readonly hosts: ReadonlyMap<string, string>;
  /** The backend of an app, by its id in lower case. */
  readonly apps: ReadonlyMap<string, string>;
}

export interface Backend {
  readonly name: string;
  /** Whose it is; several backends may be of one app. */
  readonly appId: string;
  /** The frontend of its own, where it has one, and the lines of the backend but its servers. */
  readonly frontend: readonly string[];
  readonly lines: readonly string[];
  /** What every server has, such as `check inter 5s`. */
  readonly serverOptions: string;
  readonly isSticky: boolean;
  readonly servers: readonly BackendServer[];
}

export interface BackendServer {
  readonly name: string;
  readonly id: number;
  readonly taskId: string;
  readonly ip: string;
  readonly port: number;
  /** Where its health is asked, if that is elsewhere than `serverOptions` say. */
  readonly checkPort: number | undefined;
  /** The value of its cookie. */
  readonly cookie: string | undefined;
  /** Whether it gets nothing new, not even from clients that have its cookie. */
  readonly isDraining: boolean;
}

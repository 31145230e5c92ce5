import { conflictNotices } from "./haproxy/claims.js";
import type { InfoOf } from "./haproxy/info.js";
import type { ModelResult } from "./haproxy/model.js";
import type { Running } from "./haproxy/running.js";
import type { LbStats } from "./haproxy/stats.js";
import type { Refused } from "./last-good.js";
import type { Notice } from "./services.js";

/** What a configuration carries, whatever its format. */
export interface LbCarried {
  readonly services: readonly LbServiceStatus[];
  readonly refused: readonly Refused[];
  /** What apps do not get, or have to share, as others ask for it too. */
  readonly conflicts: readonly Notice[];
  /** What else is not as it was asked for. */
  readonly notices: readonly Notice[];
}

/** What is known of a load balancer. */
export interface LbReport {
  readonly sources: readonly SourceReport[];
  readonly carried: () => LbCarried;
  /** What HAProxy says of itself, where it is asked. */
  readonly info: InfoOf | undefined;
  /** The file of the configuration, where that is all that HAProxy gets. */
  readonly file: string | undefined;
  /** Why HAProxy goes on with what it has. */
  readonly trouble: string | undefined;
  readonly isSettled: boolean;
  /** Ports at which nobody can listen, and why. */
  readonly unbindable: ReadonlyMap<number, string>;
  readonly stats: LbStats;
}

/** The same as `GET /v1/lb` tells it. */
export interface LbStatus {
  readonly isSettled: boolean;
  readonly trouble: string | undefined;
  readonly haproxy: InfoOf | undefined;
  readonly file: string | undefined;
  readonly sources: readonly LbSourceStatus[];
  readonly services: readonly LbServiceStatus[];
  readonly refused: readonly Refused[];
  readonly conflicts: readonly string[];
  readonly unbindable: Readonly<Record<string, string>>;
}

/** Where services come from. */
export interface SourceReport {
  readonly name: string;
  readonly url: string | undefined;
  /** When it has last told what there is, in milliseconds since the epoch. */
  readonly currentAt: number | undefined;
  readonly trouble: string | undefined;
  readonly apps: number;
  readonly tasks: number;
  /** Pods, which are not carried. */
  readonly pods: number;
  /** Whether what counts is not what it has told last. */
  readonly isHeld: boolean;
}

export interface LbSourceStatus extends Omit<SourceReport, "currentAt"> {
  /** Seconds since it has told what there is. */
  readonly ageSeconds: number | undefined;
}

export interface LbServiceStatus {
  readonly backend: string;
  readonly app: string;
  readonly hosts: readonly string[];
  readonly servers: readonly { readonly name: string; readonly task: string; readonly state: string }[];
}

/** What has been built, and of its servers what HAProxy says. */
export function carriedBy(built: ModelResult | undefined, running: Running | undefined): LbCarried {
  const hosts = new Map<string, string[]>();
  for (const [host, backend] of built?.balancer.maps.hosts ?? []) {
    hosts.set(backend, [...(hosts.get(backend) ?? []), host]);
  }
  return {
    services: (built?.balancer.backends ?? []).map(({ name, appId, servers }) => ({
      backend: name,
      app: appId,
      hosts: hosts.get(name) ?? [],
      servers: servers.map((server) => ({
        name: server.name,
        task: server.taskId,
        state: stateOf(running?.backends.get(name)?.get(server.name)),
      })),
    })),
    refused: built?.refused ?? [],
    conflicts: (built?.conflicts ?? []).flatMap(conflictNotices),
    notices: [],
  };
}

export function statusOf(report: LbReport, now: number): LbStatus {
  const { services, refused, conflicts } = report.carried();
  return {
    isSettled: report.isSettled,
    trouble: report.trouble,
    haproxy: report.info,
    file: report.file,
    sources: report.sources.map((source) => sourceStatus(source, now)),
    services,
    refused,
    conflicts: conflicts.map(({ appId, text }) => `${appId} ${text}`),
    unbindable: Object.fromEntries(report.unbindable),
  };
}

function sourceStatus({ currentAt, ...source }: SourceReport, now: number): LbSourceStatus {
  const age = currentAt === undefined ? undefined : Math.max(0, Math.round((now - currentAt) / 1_000));
  return { ...source, ageSeconds: age };
}

function stateOf(server: { readonly isUp: boolean; readonly isInMaintenance: boolean } | undefined): string {
  if (!server) return "missing";
  if (server.isInMaintenance) return "maintenance";
  return server.isUp ? "up" : "down";
}

/** Whether nothing is wrong. */
export function isWell({ haproxy, file, trouble, sources, refused, conflicts, unbindable }: LbStatus): boolean {
  const isThere = haproxy !== undefined || file !== undefined;
  const isFollowed = isThere && trouble === undefined && sources.every((source) => source.trouble === undefined);
  return isFollowed && refused.length === 0 && conflicts.length === 0 && Object.keys(unbindable).length === 0;
}

/** The same for people. */
export function statusText(status: LbStatus): string {
  const { haproxy, file, sources, services, refused, conflicts, unbindable, trouble } = status;
  const running = haproxy
    ? `HAProxy ${haproxy.version}, process ${haproxy.pid}`
    : file === undefined
      ? "HAProxy does not run"
      : file;
  const servers = services.reduce((count, service) => count + service.servers.length, 0);
  return [
    `${running}; ${counted(services.length, "service")} with ${counted(servers, "server")}${status.isSettled ? "" : ", changes are under way"}`,
    ...(trouble === undefined ? [] : [`HAProxy goes on with what it has: ${trouble}`]),
    ...sources.map(sourceLine),
    ...services.map(serviceLine),
    ...refused.map(
      ({ appId, index, reason, isKept }) =>
        `refused: ${index === undefined ? "" : `service ${index} of `}${appId}${isKept ? ", which goes on as it was" : ""}: ${reason}`,
    ),
    ...conflicts.map((text) => `conflict: ${text}`),
    ...Object.entries(unbindable).map(([port, why]) => `port ${port} cannot be had: ${why}`),
    "",
  ].join("\n");
}

function sourceLine({ name, url, ageSeconds, trouble, apps, tasks, pods, isHeld }: LbSourceStatus): string {
  const age = ageSeconds === undefined ? "has told nothing yet" : `told ${ageSeconds} s ago`;
  const end = trouble === undefined ? "" : `; what it told last counts: ${trouble}`;
  const held = isHeld ? "; a list that lacks much is not believed yet" : "";
  const left = pods > 0 ? `, ${counted(pods, "pod")} left out` : "";
  return `${name} ${age}${url === undefined ? "" : ` at ${url}`}: ${counted(apps, "app")}, ${counted(tasks, "task")}${left}${held}${end}`;
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function serviceLine({ backend, hosts, servers }: LbServiceStatus): string {
  const counts = new Map<string, number>();
  for (const { state } of servers) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = Array.from(counts, ([state, count]) => `${count} ${state}`).join(", ") || "no servers";
  return `${backend}${hosts.length > 0 ? ` (${hosts.join(", ")})` : ""}: ${states}`;
}

import { isObject, type JsonObject, listOf, textOf } from "../../base/lenient.js";
import type { ReportedAddresses, Task } from "./cluster.js";
import type { FactsReader } from "./facts/reader.js";
import { trimmed } from "./lenient.js";
import { networksMap } from "./port-mappings.js";

/** The state of tasks that have records, and of the statuses that report a task's addresses and health. */
export const RUNNING = "TASK_RUNNING";
/** The state of a task that is being killed. */
export const KILLING = "TASK_KILLING";
/** The states of one that does not run yet. */
export const STARTING = "TASK_STARTING";
const BEFORE_RUNNING: ReadonlySet<string> = new Set(["TASK_STAGING", STARTING]);
const MESOS_LABEL = "MesosContainerizer.NetworkSettings.IPAddress";
const DOCKER_LABEL = "Docker.NetworkSettings.IPAddress";
const NO_ADDRESSES: ReportedAddresses = Object.freeze({});

/** The addresses in a status, which has the same form in a state and in the operator API. */
function addressesOf(status: JsonObject, networks: readonly JsonObject[]): ReportedAddresses {
  const netinfo = networkAddresses(networks);
  const mesos = labelValues(status, MESOS_LABEL);
  const docker = labelValues(status, DOCKER_LABEL);
  if (mesos.length + docker.length + netinfo.length === 0) return NO_ADDRESSES;
  if (mesos.length + docker.length === 0) return { netinfo: trimmed(netinfo) };
  return {
    ...(netinfo.length > 0 && { netinfo: trimmed(netinfo) }),
    ...(mesos.length > 0 && { mesos: trimmed(mesos) }),
    ...(docker.length > 0 && { docker: trimmed(docker) }),
  };
}

/** The time of the latest TASK_RUNNING status, in seconds since 1970; 0 if there is none. */
export function runningSince(statuses: readonly unknown[]): number {
  const status = latestRunning(statuses);
  return status === undefined ? 0 : timeOf(status);
}

/** The members of a task that come from its statuses. All others stay the same while it runs. */
export type Reported = Pick<Task, "addresses" | "unhealthy" | "networkMapsPorts" | "statusFacts">;

/** reportedIn() with the catalogue's facts. */
export function reportedWithFacts(statuses: readonly unknown[], facts: FactsReader): Reported {
  const [running, any] = [latestRunning(statuses), latestOf(statuses)];
  const read = (status: JsonObject | undefined) => facts.ofStatus(status, status ? networksIn(status) : []);
  const statusFacts = any === running ? read(running) : { ...read(running), latest: read(any) };
  return { ...reportedIn(statuses), statusFacts };
}

/** What a task's statuses report. A task without health checks, or without a result of them yet, is not unhealthy. */
export function reportedIn(statuses: readonly unknown[]): Reported {
  const status = latestRunning(statuses);
  if (status === undefined) return { addresses: NO_ADDRESSES };
  const networks = networksIn(status);
  const addresses = addressesOf(status, networks);
  const networkMapsPorts = networksMap(networks);
  if (status.healthy !== false) return networkMapsPorts ? { addresses, networkMapsPorts } : { addresses };
  return networkMapsPorts ? { addresses, unhealthy: true, networkMapsPorts } : { addresses, unhealthy: true };
}

/**
 * Whether a running task is unreported: it has no TASK_RUNNING status yet. A master knows that a task runs a moment before it has
 * that status. Until then it has only older statuses, whose addresses are not the final ones.
 */
export function isUnreported(statuses: readonly unknown[]): boolean {
  const isAboutTo = statuses.some((status) => isObject(status) && isBeforeRunning(status.state));
  return isAboutTo && latestRunning(statuses) === undefined;
}

/** Masters list statuses in no reliable order: the greatest timestamp counts, and of equal ones the last. */
function latestRunning(statuses: readonly unknown[]): JsonObject | undefined {
  return latestOf(statuses, RUNNING);
}

/** @param state only of this one; `undefined` for any */
function latestOf(statuses: readonly unknown[], state?: string): JsonObject | undefined {
  let latest: JsonObject | undefined;
  let latestTime = Number.NEGATIVE_INFINITY;
  for (const status of statuses) {
    if (!isObject(status) || (state !== undefined && status.state !== state)) continue;
    const time = timeOf(status);
    if (time < latestTime) continue;
    latest = status;
    latestTime = time;
  }
  return latest;
}

export function isBeforeRunning(state: unknown): boolean {
  return typeof state === "string" && BEFORE_RUNNING.has(state);
}

function timeOf(status: JsonObject): number {
  return typeof status.timestamp === "number" ? status.timestamp : 0;
}

function networksIn({ container_status: container }: JsonObject): readonly JsonObject[] {
  return isObject(container) ? listOf(container.network_infos).filter(isObject) : [];
}

function networkAddresses(networks: readonly JsonObject[]): string[] {
  return networks.flatMap((network) => {
    const addresses = listOf(network.ip_addresses).filter(isObject).map(addressIn).filter(Boolean);
    // Mesos 0.25 wrote one address per network; 0.26 and 0.27 write both forms.
    return addresses.length > 0 ? addresses : [addressIn(network)].filter(Boolean);
  });
}

function addressIn(holder: JsonObject): string {
  return textOf(holder.ip_address);
}

/** A state has a list of labels; the operator API wraps the list in an object. */
function labelValues(status: JsonObject, key: string): string[] {
  const list = isObject(status.labels) ? status.labels.labels : status.labels;
  const labels = listOf(list).filter(isObject);
  return labels.filter((label) => label.key === key).flatMap((label) => textOf(label.value) || []);
}

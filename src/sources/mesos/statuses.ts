import type { ReportedAddresses, Task } from "./cluster.js";
import type { FactsReader } from "./facts/reader.js";
import { isObject, type JsonObject, listOf, textOf, trimmed } from "./lenient.js";
import { networksMap } from "./port-mappings.js";

/** The state of a task that has records, and of the statuses that say where and how it is. */
export const RUNNING = "TASK_RUNNING";
/** The state of one that has been told to end. */
export const KILLING = "TASK_KILLING";
/** The states of one that does not run yet. */
export const STARTING = "TASK_STARTING";
const BEFORE_RUNNING: ReadonlySet<string> = new Set(["TASK_STAGING", STARTING]);
const MESOS_LABEL = "MesosContainerizer.NetworkSettings.IPAddress";
const DOCKER_LABEL = "Docker.NetworkSettings.IPAddress";
const NO_ADDRESSES: ReportedAddresses = Object.freeze({});

/** The same in a state and in the operator API. */
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

/** The time of the status that counts, in seconds since 1970; 0 where there is none. */
export function runningSince(statuses: readonly unknown[]): number {
  const status = latestRunning(statuses);
  return status === undefined ? 0 : timeOf(status);
}

/** What statuses say of a task: everything else of it stays as it is for as long as it runs. */
export type Reported = Pick<Task, "addresses" | "unhealthy" | "networkMapsPorts" | "statusFacts">;

/** reportedIn() with what a catalogue wants to know. */
export function reportedWithFacts(statuses: readonly unknown[], facts: FactsReader): Reported {
  const status = latestRunning(statuses);
  return { ...reportedIn(statuses), statusFacts: facts.ofStatus(status, status ? networksIn(status) : []) };
}

/** What a task's statuses say of it. One without health checks, or whose checks have said nothing yet, is not unhealthy. */
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
 * Whether a running task has said nothing as such yet: a master knows that it runs a moment before it has the status that says so,
 * and until then has only older ones, whose addresses are not those that it will have.
 */
export function isUnreported(statuses: readonly unknown[]): boolean {
  const isAboutTo = statuses.some((status) => isObject(status) && isBeforeRunning(status.state));
  return isAboutTo && latestRunning(statuses) === undefined;
}

/** Masters list statuses in no order that can be relied on: the greatest timestamp counts, of equal ones the last. */
function latestRunning(statuses: readonly unknown[]): JsonObject | undefined {
  let latest: JsonObject | undefined;
  let latestTime = Number.NEGATIVE_INFINITY;
  for (const status of statuses) {
    if (!isObject(status) || status.state !== RUNNING) continue;
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
    // Mesos 0.25 had one address a network; 0.26 and 0.27 give it both ways.
    return addresses.length > 0 ? addresses : [addressIn(network)].filter(Boolean);
  });
}

function addressIn(holder: JsonObject): string {
  return textOf(holder.ip_address);
}

/** A state lists labels; the operator API wraps the list once more. */
function labelValues(status: JsonObject, key: string): string[] {
  const list = isObject(status.labels) ? status.labels.labels : status.labels;
  const labels = listOf(list).filter(isObject);
  return labels.filter((label) => label.key === key).flatMap((label) => textOf(label.value) || []);
}

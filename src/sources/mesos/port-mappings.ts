import { isPort } from "../../base/host-port.js";
import { isObject, type JsonObject, listOf } from "../../base/lenient.js";
import { Fields } from "./fields.js";
import type { StateScanner } from "./state-scanner.js";

const PORT_MAPPINGS = "port_mappings";
const CONTAINER = new Fields(["type", "docker", "network_infos"]);
const DOCKER = new Fields([PORT_MAPPINGS]);

/** Reads those members of the container at the scanner that mapsPorts() needs. */
export function readContainer(scanner: StateScanner): unknown {
  return CONTAINER.read(scanner, { docker: () => DOCKER.read(scanner) });
}

/**
 * Whether ports of the agent are mapped to a task's container, according to the container's network or to a label of a
 * discovery port. Both have the same form in a state and in the operator API.
 */
export function mapsPorts(container: unknown, discovery: unknown): boolean {
  return (isObject(container) && containerMaps(container)) || listOf(portsIn(discovery)).some(isOnHost);
}

/** Whether one of these `network_infos` maps a port of the agent to one of the container. */
export function networksMap(networks: readonly unknown[]): boolean {
  return networks.some((network) => isObject(network) && listOf(network[PORT_MAPPINGS]).some(isMapping));
}

/** A Docker container has its port mappings in `docker`, other containers in their networks. */
function containerMaps({ type, docker, network_infos }: JsonObject): boolean {
  if (type !== "DOCKER") return networksMap(listOf(network_infos));
  return isObject(docker) && listOf(docker[PORT_MAPPINGS]).some(isMapping);
}

function isMapping(mapping: unknown): boolean {
  return isObject(mapping) && isPort(mapping.host_port);
}

function portsIn(discovery: unknown): unknown {
  return isObject(discovery) && isObject(discovery.ports) ? discovery.ports.ports : undefined;
}

/** For tasks with a network of their own, Marathon labels each port with `network-scope`: `host` or `container`. */
function isOnHost(port: unknown): boolean {
  const labels = isObject(port) && isObject(port.labels) ? listOf(port.labels.labels) : [];
  return labels.some((label) => isObject(label) && label.key === "network-scope" && label.value === "host");
}

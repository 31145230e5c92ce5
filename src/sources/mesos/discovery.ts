import type { Discovery, DiscoveryPort } from "./cluster.js";
import { isPort } from "./endpoint.js";
import { isObject, type JsonObject, listOf, textOf, trimmed } from "./lenient.js";

/**
 * A task's `discovery`, which a state and the operator API write alike.
 * @param intern gives equal texts as one string
 */
export function discoveryOf(value: unknown, intern: (text: string) => string): Discovery | undefined {
  if (!isObject(value) || textOf(value.name) === "") return undefined;
  const ports = isObject(value.ports) ? listOf(value.ports.ports) : [];
  return {
    name: intern(textOf(value.name)),
    ports: trimmed(ports.flatMap((port) => discoveryPortOf(port, intern))),
  };
}

/** Port 0 is kept: schedulers publish it for containers that have an address of their own. */
export function isDiscoveryPort(port: unknown): port is JsonObject & { readonly number: number } {
  return isObject(port) && (port.number === 0 || isPort(port.number));
}

function discoveryPortOf(port: unknown, intern: (text: string) => string): DiscoveryPort[] {
  if (!isDiscoveryPort(port)) return [];
  return [{ number: port.number, name: intern(textOf(port.name)), protocol: intern(textOf(port.protocol)) }];
}

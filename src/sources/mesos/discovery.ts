import { isPort } from "../../base/host-port.js";
import { isObject, type JsonObject, listOf, textOf } from "../../base/lenient.js";
import type { Discovery, DiscoveryPort } from "./cluster.js";
import { trimmed } from "./lenient.js";

/**
 * A task's `discovery`, which has the same form in a state and in the operator API.
 * @param intern returns one string for equal texts
 */
export function discoveryOf(value: unknown, intern: (text: string) => string): Discovery | undefined {
  if (!isObject(value) || textOf(value.name) === "") return undefined;
  const ports = isObject(value.ports) ? listOf(value.ports.ports) : [];
  return {
    name: intern(textOf(value.name)),
    ports: trimmed(ports.flatMap((port) => discoveryPortOf(port, intern))),
  };
}

/** Accepts port 0: schedulers publish it for containers that have their own IP address. */
export function isDiscoveryPort(port: unknown): port is JsonObject & { readonly number: number } {
  return isObject(port) && (port.number === 0 || isPort(port.number));
}

function discoveryPortOf(port: unknown, intern: (text: string) => string): DiscoveryPort[] {
  if (!isDiscoveryPort(port)) return [];
  return [{ number: port.number, name: intern(textOf(port.name)), protocol: intern(textOf(port.protocol)) }];
}

/** How services and targets are called in HAProxy's configuration. What is called otherwise is not ours. */
import { parseAddress } from "../../base/addresses.js";
import type { ServiceAddress, Target } from "../model.js";

const INSIDE = ":in";
const MAX_PORT = 65_535;
const MAX_WEIGHT = 256;

/** `tcp:192.0.2.1:6379`. HAProxy has no brackets in names: what stands behind the last colon is the port. */
export function backendName({ protocol, address, port }: ServiceAddress): string {
  return `${protocol}:${address}:${port}`;
}

/** Not the backend's name: HAProxy 3.1 warns of that, and 3.3 refuses it. */
export function frontendName(service: ServiceAddress): string {
  return `${backendName(service)}${INSIDE}`;
}

export function serverName({ ip, port }: Pick<Target, "ip" | "port">): string {
  return `${ip}:${port}`;
}

/** The service of a backend; `undefined` if it is not ours. */
export function serviceOfBackend(name: string): ServiceAddress | undefined {
  if (!name.startsWith("tcp:")) return undefined;
  const place = placeOf(name.slice("tcp:".length));
  return place && { protocol: "tcp", address: place.ip, port: place.port };
}

/** The service of a frontend; `undefined` if it is not ours. */
export function serviceOfFrontend(name: string): ServiceAddress | undefined {
  return name.endsWith(INSIDE) ? serviceOfBackend(name.slice(0, -INSIDE.length)) : undefined;
}

/** The target of a server; `undefined` if it is not ours. */
export function targetOfServer(name: string): Pick<Target, "ip" | "port"> | undefined {
  return placeOf(name);
}

/** Whether an address and a port are what they should be, so that nothing else gets into a configuration or a command. */
export function isPlace(ip: string, port: number): boolean {
  return parseAddress(ip)?.text === ip && Number.isInteger(port) && port > 0 && port <= MAX_PORT;
}

/** Whether HAProxy takes this as a server's weight. */
export function isWeight(weight: number): boolean {
  return Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT;
}

function placeOf(text: string): Pick<Target, "ip" | "port"> | undefined {
  const colon = text.lastIndexOf(":");
  const ip = text.slice(0, Math.max(0, colon));
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  return /^\d{1,5}$/.test(digits) && isPlace(ip, port) ? { ip, port } : undefined;
}

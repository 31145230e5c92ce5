/** Which addresses are this node's own, by its table of local routes. */
import ipaddr from "ipaddr.js";

/** `undefined` for one that is not local; `assigned` if an interface has it, `routed` if somebody has set a route for it. */
export type Locality = "assigned" | "routed" | undefined;

/** @param routes what `ip -j route show table local` lists */
export function localityOf(address: string, routes: readonly LocalRoute[]): Locality {
  const parsed = ipaddr.parse(address);
  const leading = routes.filter(({ type, dst }) => type === "local" && contains(dst, parsed));
  if (leading.some(({ protocol }) => protocol === "kernel")) return "assigned";
  return leading.length > 0 ? "routed" : undefined;
}

/** Of a route, what counts here. */
export interface LocalRoute {
  /** `local`, `broadcast`, … */
  readonly type: string;
  /** An address, with the length of its prefix if it is not alone; `default`. */
  readonly dst: string;
  /** `kernel` where the route comes with an address of an interface. */
  readonly protocol?: string;
}

/** `undefined` if the text is no list of routes: `ip` of busybox knows no JSON. */
export function parseRoutes(text: string): readonly LocalRoute[] | undefined {
  try {
    const routes: unknown = JSON.parse(text.trim() || "[]");
    return Array.isArray(routes) ? (routes as readonly LocalRoute[]) : undefined;
  } catch {
    return undefined;
  }
}

function contains(destination: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [network = "", length] = destination.split("/");
  if (!ipaddr.isValid(network)) return false;
  const parsed = ipaddr.parse(network);
  const bits = length === undefined ? parsed.toByteArray().length * 8 : Number(length);
  return parsed.kind() === address.kind() && address.match(parsed, bits);
}

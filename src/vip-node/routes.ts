/** Which addresses are this node's own, by its table of local routes. */
import ipaddr from "ipaddr.js";
import { messageOf } from "../base/errors.js";
import type { RunCommand } from "../base/run-command.js";
import type { Timers } from "../base/timers.js";
import type { Refusal } from "./plane.js";
import { type Family, familyOf, isInRange, networkOf, type Ranges } from "./ranges.js";

/** Routes are set at a boot; a service that waits for one is asked for again. */
const KEPT_MS = 5_000;

export interface LocalRoutesParts {
  readonly run: RunCommand;
  readonly timers: Pick<Timers, "now">;
  readonly ranges: Ranges;
}

/** The local routes of this node, which say what may be a virtual address. */
export class LocalRoutes {
  readonly #parts: LocalRoutesParts;
  readonly #known = new Map<
    Family,
    { readonly at: number; readonly routes: Promise<readonly LocalRoute[] | string> }
  >();

  constructor(parts: LocalRoutesParts) {
    this.#parts = parts;
  }

  /**
   * Why an address cannot be virtual here. It has to be this node's, or packets would leave it wherever nothing takes them; but no address
   * that the node has anyway: anybody can write it in a label. So where routes cannot be listed, that costs only who asks.
   */
  async refusal(address: string): Promise<Refusal | undefined> {
    const { ranges } = this.#parts;
    const family = familyOf(address);
    const routes = await this.#routes(family);
    if (typeof routes === "string") return { reason: "no_route", detail: routes };
    const locality = localityOf(address, routes);
    if (locality === "assigned") {
      const detail = `${address} is an address of this node's own, which a virtual address would hide`;
      return { reason: "range", detail };
    }
    if (locality === "routed") return undefined;
    const network = isInRange(address, ranges) ? networkOf(family, ranges) : address;
    const remedy = `ip${family === "ip6" ? " -6" : ""} route add local ${network} dev lo`;
    return { reason: "no_route", detail: `no local route leads to ${address}: ${remedy}` };
  }

  #routes(family: Family): Promise<readonly LocalRoute[] | string> {
    const now = this.#parts.timers.now();
    const known = this.#known.get(family);
    if (known && now - known.at < KEPT_MS) return known.routes;
    const routes = this.#read(family);
    this.#known.set(family, { at: now, routes });
    return routes;
  }

  /** @returns what keeps them from being listed, if anything does */
  async #read(family: Family): Promise<readonly LocalRoute[] | string> {
    const words = [family === "ip" ? "-4" : "-6", "-j", "route", "show", "table", "local"];
    const result = await this.#parts.run("ip", words).catch((error: unknown) => messageOf(error));
    const routes = typeof result === "object" && result.code === 0 ? parseRoutes(result.stdout) : undefined;
    if (routes) return routes;
    const reason = typeof result === "string" ? result : result.stderr.trim() || `status ${result.code}`;
    return `ip cannot list local routes (${reason}): install the package iproute2`;
  }
}

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

import { ENDPOINT_KINDS, type EndpointKind } from "../../consul/report.js";
import type { ConsulEndpoint, ConsulMethod } from "./endpoint.js";

/** Where a request goes. */
export interface Route {
  readonly endpoint: ConsulEndpoint;
  /** Behind the endpoint's path, decoded. */
  readonly rest: string;
  readonly kind: EndpointKind;
}

/** `redirect`: the path in its shortest form; `malformed`: it cannot be decoded; `unknown`: nothing is there. */
export type Routing = Route | { readonly redirect: string } | "malformed" | "unknown";

const METHODS = ["GET", "PUT", "DELETE"] as const;
/** Empty parts and dots, which Consul's clients never send: its server redirects them. */
const UNTIDY = /\/\/|\/\.{1,2}(?:\/|$)/;

/** Finds endpoints. A path is decoded only behind the endpoint's own: an encoded slash belongs to a name. */
export class Router {
  readonly #exact = new Map<string, ConsulEndpoint>();
  readonly #withRest = new Map<string, ConsulEndpoint>();

  /** @param endpoints of two with the same path, the last one counts */
  constructor(endpoints: readonly ConsulEndpoint[]) {
    this.add(endpoints);
  }

  add(endpoints: readonly ConsulEndpoint[]): void {
    for (const endpoint of endpoints) {
      if (endpoint.path.endsWith("/")) this.#withRest.set(endpoint.path, endpoint);
      else this.#exact.set(endpoint.path, endpoint);
    }
  }

  /** @param path as it was sent, without parameters */
  find(path: string): Routing {
    if (UNTIDY.test(path)) return { redirect: tidied(path) };
    const exact = this.#exact.get(path) ?? this.#withRest.get(`${path}/`);
    if (exact) return { endpoint: exact, rest: "", kind: kindOf(path) };
    // The longest one first.
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const endpoint = this.#withRest.get(path.slice(0, end + 1));
      if (!endpoint) continue;
      const rest = decoded(path.slice(end + 1));
      return rest === undefined ? "malformed" : { endpoint, rest, kind: kindOf(path) };
    }
    return "unknown";
  }
}

/** What may be asked for there, as in `Allow`. */
export function methodsOf(endpoint: ConsulEndpoint): string {
  return ["OPTIONS", ...METHODS.filter((method: ConsulMethod) => endpoint[method])].join(",");
}

export function kindOf(path: string): EndpointKind {
  const [, , name = ""] = path.split("/", 3);
  return ENDPOINT_KINDS.find((kind) => kind === name) ?? "other";
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function tidied(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  const tidy = `/${kept.join("/")}${path.endsWith("/") && kept.length > 0 ? "/" : ""}`;
  // Browsers take a backslash for a slash, and two of them for another host.
  return tidy.replaceAll("\\", "%5C");
}

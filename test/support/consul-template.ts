/**
 * What consul-template asks, and what it makes of the answers. The program itself is not among Debian's packages; these are its requests
 * and its order, and two templates of users written as functions.
 */

interface Node {
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: Readonly<Record<string, string>>;
  readonly Meta: Readonly<Record<string, string>>;
}

interface NodeService {
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly Port: number;
  readonly Meta: Readonly<Record<string, string>>;
}

interface Check {
  readonly CheckID: string;
  readonly Status: string;
}

/** An instance, in the members that templates use. */
export interface Instance {
  readonly node: Node;
  readonly service: NodeService;
  readonly status: string;
  readonly tags: readonly string[];
  readonly checks: readonly Check[];
}

export interface Pair {
  readonly key: string;
  readonly value: string;
}

const ORDER = ["passing", "warning", "critical"];

/** A client of Consul's API at this address, as a template sees it. */
export class Template {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  datacenters(): Promise<readonly string[]> {
    return this.#get("catalog/datacenters");
  }

  async nodes(): Promise<readonly Node[]> {
    return (await this.#get<Node[]>("catalog/nodes")).toSorted((a, b) => compare(a.Node, b.Node));
  }

  async node(name: string): Promise<{ readonly node: Node; readonly services: readonly NodeService[] }> {
    const { Node: node, Services } = await this.#get<{ Node: Node; Services: Record<string, NodeService> }>(
      `catalog/node/${name}`,
    );
    const byName = (a: NodeService, b: NodeService) => compare(a.Service, b.Service) || compare(a.ID, b.ID);
    return { node, services: Object.values(Services).toSorted(byName) };
  }

  async services(): Promise<readonly (readonly [name: string, tags: readonly string[]])[]> {
    const all = Object.entries(await this.#get<Record<string, string[]>>("catalog/services"));
    return all.map(([name, tags]) => [name, tags.toSorted()] as const).toSorted(([a], [b]) => compare(a, b));
  }

  /** @param states those to keep, and "" for those that pass */
  async service(name: string, states = "", tag = ""): Promise<readonly Instance[]> {
    const query = `${states === "" ? "passing=1&" : ""}${tag === "" ? "" : `tag=${tag}&`}`;
    type Entry = { Node: Node; Service: NodeService; Checks: Check[] };
    const entries = await this.#get<Entry[]>(`health/service/${name}?${query}`);
    const wanted = states === "" ? ["passing"] : states.split(",");
    return entries
      .map(({ Node: node, Service: service, Checks: checks }) => {
        const status = ORDER[Math.max(...checks.map((check) => ORDER.indexOf(check.Status)))];
        return { node, service, status, tags: service.Tags.toSorted(), checks };
      })
      .filter(({ status }) => wanted.includes("any") || wanted.includes(status))
      .toSorted((a, b) => compare(a.node.Node, b.node.Node) || compare(a.service.ID, b.service.ID));
  }

  /** `undefined` for a key that is not there, for which consul-template would wait. */
  async key(key: string): Promise<string | undefined> {
    return (await this.#pairs(`kv/${key}?`))?.[0]?.value;
  }

  /** The pairs directly below a prefix, by the rest of their keys. */
  async ls(prefix: string): Promise<readonly Pair[]> {
    return (await this.tree(prefix)).filter(({ key }) => !key.includes("/"));
  }

  async tree(prefix: string): Promise<readonly Pair[]> {
    const pairs = (await this.#pairs(`kv/${prefix}/?recurse=&`)) ?? [];
    return pairs
      .map(({ key, value }) => ({ key: key.slice(prefix.length + 1), value }))
      .filter(({ key }) => key !== "" && !key.endsWith("/"));
  }

  async #pairs(path: string): Promise<readonly Pair[] | undefined> {
    const found = await this.#get<{ Key: string; Value: string | null }[] | undefined>(path);
    return found?.map(({ Key: key, Value }) => ({ key, value: Buffer.from(Value ?? "", "base64").toString() }));
  }

  async #get<T>(path: string): Promise<T> {
    const separator = path.includes("?") ? "" : "?";
    const response = await fetch(`${this.#base}/v1/${path}${separator}stale=&wait=60000ms`);
    const index = Number(response.headers.get("x-consul-index") ?? 1);
    if (!(index > 0)) throw new Error(`${path}: consul-template would ask again at once, for ever`);
    if (response.status === 404 && path.startsWith("kv/")) return undefined as T;
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

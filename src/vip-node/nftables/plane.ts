import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import { type Actual, type ServiceAddress, serviceKey } from "../model.js";
import type { Step } from "../plan.js";
import type { DataPlane, Refusal, StepFailure } from "../plane.js";
import type { CommandResult, RunCommand } from "../run-command.js";
import { commit } from "./commit.js";
import { endFlow, listFlows, strayFlows } from "./flows.js";
import { parseTable, type Table } from "./parse.js";
import { checkNft, explained, reasonOf } from "./programs.js";
import { type LocalRoute, localityOf, parseRoutes } from "./routes.js";
import {
  baseScript,
  clearScript,
  FAMILIES,
  type Family,
  familyOf,
  isInRange,
  networkOf,
  type Ranges,
  TABLE,
} from "./ruleset.js";
import { type Change, changesOf, scriptOf } from "./transaction.js";

/** Routes are set at a boot; a service that waits for one is asked for again. */
const ROUTES_MS = 5_000;
const NOT_THERE = "No such file or directory";

export interface NftablesParts {
  readonly run: RunCommand;
  readonly timers: Pick<Timers, "now">;
  readonly log: Pick<Logger, "warn">;
  readonly ranges: Ranges;
}

type Standing = ServiceAddress & { readonly isOpen: boolean };

/** The kernel's own balancing: nftables chooses a target for a new connection, and conntrack keeps it there. */
export class NftablesPlane implements DataPlane {
  readonly name = "nftables";
  /** A target without weight is in no rule. What connections it has go on. */
  readonly keepsDrained = false;
  /** The rules of the port mapper are for connections that nothing has translated yet. */
  readonly mapsLocally = true;
  readonly changesServicesLater = false;
  readonly #parts: NftablesParts;
  readonly #run: RunCommand;
  readonly #standing = new Map<string, Standing>();
  readonly #atOnce = { most: Number.POSITIVE_INFINITY };
  readonly #routes = new Map<Family, { readonly at: number; readonly routes: Promise<readonly LocalRoute[]> }>();
  /** Whether the tables stand, as far as is known. */
  #isWhole = false;
  #warned: string | undefined;

  constructor(parts: NftablesParts) {
    this.#parts = parts;
    this.#run = explained(parts.run);
  }

  async start(): Promise<void> {
    checkNft(await this.#nft(baseScript(this.#parts.ranges)));
    this.#isWhole = true;
  }

  async read(): Promise<Actual> {
    const tables = await Promise.all(FAMILIES.map((family) => this.#readTable(family)));
    const actual = tables.flatMap(({ services }) => services);
    this.#isWhole = tables.every(({ isWhole }) => isWhole);
    this.#standing.clear();
    for (const service of actual) this.#standing.set(serviceKey(service), service);
    return actual;
  }

  look(): Promise<Actual> {
    return this.read();
  }

  async #readTable(family: Family): Promise<Table> {
    const result = await this.#run("nft", ["-j", "list", "table", family, TABLE]);
    if (result.code !== 0 && result.stderr.includes(NOT_THERE)) return { isWhole: false, services: [] };
    checkNft(result);
    const table = parseTable(result.stdout);
    if (table) return table;
    throw new MesosDnsError("VIP_PLANE", "nft -j list table says what is no JSON: nftables 0.9.3 or later is needed");
  }

  /** The kernel has to take packets to the address for its own: otherwise they would leave this node wherever nothing translates them. */
  async refusal({ address }: ServiceAddress): Promise<Refusal | undefined> {
    const family = familyOf(address);
    const locality = localityOf(address, await this.#localRoutes(family));
    if (locality === "assigned") {
      const detail = `${address} is an address of this node's own, which a virtual address would hide`;
      return { reason: "range", detail };
    }
    if (locality === "routed") return undefined;
    const network = isInRange(address, this.#parts.ranges) ? networkOf(family, this.#parts.ranges) : address;
    const remedy = `ip${family === "ip6" ? " -6" : ""} route add local ${network} dev lo`;
    return { reason: "no_route", detail: `no local route leads to ${address}: ${remedy}` };
  }

  async apply(steps: readonly Step[]): Promise<readonly StepFailure[]> {
    const changes = changesOf(steps);
    // Somebody has flushed the rules of this node, as a restart of its firewall does.
    if (!this.#isWhole && changes.length > 0) await this.start();
    const { ranges } = this.#parts;
    const failures = await commit(changes, {
      scriptOf: (part) => scriptOf(part, { ranges, standing: this.#standing }),
      run: (script) => this.#nft(script),
      onDone: (part) => this.#note(part),
      atOnce: this.#atOnce,
    });
    const failed = new Set(failures.map(({ step }) => step));
    await this.#moveFlows(changes.filter((change) => !change.steps.some((step) => failed.has(step))));
    return failures;
  }

  async clear(): Promise<void> {
    checkNft(await this.#nft(clearScript()));
    this.#standing.clear();
    this.#isWhole = false;
  }

  async stop(): Promise<void> {}

  /** The keys of services that have connections through this node; empty where nothing can tell. */
  async used(): Promise<ReadonlySet<string>> {
    const flows = await this.#withConntrack(() => listFlows(this.#run, "tcp", true));
    return new Set(flows?.map(({ service }) => serviceKey(service)));
  }

  #note(changes: readonly Change[]): void {
    for (const { service, targets } of changes) {
      if (targets) this.#standing.set(serviceKey(service), { ...service, isOpen: targets.length > 0 });
      else this.#standing.delete(serviceKey(service));
    }
  }

  /** Who sends datagrams goes where the rules now lead, at once. Connections of TCP stay where they are. */
  async #moveFlows(changes: readonly Change[]): Promise<void> {
    const datagrams = changes.filter(({ service }) => service.protocol === "udp");
    if (datagrams.length === 0) return;
    const services = new Map(datagrams.map(({ service, targets = [] }) => [serviceKey(service), targets]));
    await this.#withConntrack(async () => {
      for (const flow of strayFlows(await listFlows(this.#run, "udp"), services)) await endFlow(this.#run, flow);
    });
  }

  /** What works without conntrack, if not as well, warns once as long as it is missing. */
  async #withConntrack<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.#warned = undefined;
      return result;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#warned) {
        const effect = "clients of UDP services stay with targets that are gone, and targets are not probed";
        this.#parts.log.warn({ reason }, `${effect}: conntrack does not work`);
      }
      this.#warned = reason;
      return undefined;
    }
  }

  #localRoutes(family: Family): Promise<readonly LocalRoute[]> {
    const now = this.#parts.timers.now();
    const known = this.#routes.get(family);
    if (known && now - known.at < ROUTES_MS) return known.routes;
    const routes = this.#readRoutes(family);
    this.#routes.set(family, { at: now, routes });
    return routes;
  }

  async #readRoutes(family: Family): Promise<readonly LocalRoute[]> {
    const result = await this.#run("ip", [family === "ip" ? "-4" : "-6", "-j", "route", "show", "table", "local"]);
    const routes = result.code === 0 ? parseRoutes(result.stdout) : undefined;
    if (routes) return routes;
    throw new MesosDnsError(
      "VIP_PLANE",
      `ip cannot list local routes (${reasonOf(result)}): install the package iproute2`,
    );
  }

  #nft(script: string): Promise<CommandResult> {
    return this.#run("nft", ["-f", "-"], script);
  }
}

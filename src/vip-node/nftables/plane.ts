import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import { type Actual, type ServiceAddress, serviceKey } from "../model.js";
import type { Step } from "../plan.js";
import type { DataPlane, Refusal, StepFailure } from "../plane.js";
import type { CommandResult, RunCommand } from "../run-command.js";
import { endFlow, listFlows, strayFlows } from "./flows.js";
import { parseTable } from "./parse.js";
import { type LocalRoute, localityOf, parseRoutes } from "./routes.js";
import { baseScript, clearScript, FAMILIES, type Family, familyOf, isInRange, type Ranges, TABLE } from "./ruleset.js";
import { type Change, changesOf, scriptOf } from "./transaction.js";

/** Transactions for one plan at most: enough to find a few bad steps among thousands, each by halves. */
const MOST_TRANSACTIONS = 100;
/** Routes are set at a boot; a service that waits for one is asked for again. */
const ROUTES_MS = 5_000;
const NOT_THERE = "No such file or directory";
const NO_RIGHTS = "Operation not permitted";

export interface NftablesParts {
  readonly run: RunCommand;
  readonly timers: Pick<Timers, "now">;
  readonly log: Pick<Logger, "warn">;
  readonly ranges: Ranges;
}

/** The kernel's own balancing: nftables chooses a target for a new connection, and conntrack keeps it there. */
export class NftablesPlane implements DataPlane {
  readonly name = "nftables";
  /** A target without weight is in no rule. What connections it has go on. */
  readonly keepsDrained = false;
  readonly #parts: NftablesParts;
  readonly #standing = new Map<string, ServiceAddress>();
  readonly #routes = new Map<Family, { readonly at: number; readonly routes: Promise<readonly LocalRoute[]> }>();
  #warned: string | undefined;

  constructor(parts: NftablesParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#check(await this.#nft(baseScript(this.#parts.ranges)));
  }

  async read(): Promise<Actual> {
    const tables = await Promise.all(FAMILIES.map((family) => this.#readTable(family)));
    const actual = tables.flat();
    this.#standing.clear();
    for (const service of actual) this.#standing.set(serviceKey(service), service);
    return actual;
  }

  async #readTable(family: Family): Promise<Actual> {
    const result = await this.#run("nft", ["-j", "list", "table", family, TABLE]);
    if (result.code !== 0 && result.stderr.includes(NOT_THERE)) return [];
    this.#check(result);
    const actual = parseTable(result.stdout);
    if (!actual)
      throw new MesosDnsError("VIP_PLANE", "nft -j list table says what is no JSON: nftables 0.9.3 or later is needed");
    return actual;
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
    const route = `ip${family === "ip6" ? " -6" : ""} route add local ${this.#prefixFor(address)} dev lo`;
    return { reason: "no_route", detail: `no local route leads to ${address}: ${route}` };
  }

  async apply(steps: readonly Step[]): Promise<readonly StepFailure[]> {
    const budget = { left: MOST_TRANSACTIONS };
    const changes = changesOf(steps);
    const failures = changes.length === 0 ? [] : await this.#commit(changes, budget);
    const failed = new Set(failures.map(({ step }) => step));
    await this.#moveFlows(changes.filter((change) => !change.steps.some((step) => failed.has(step))));
    return failures;
  }

  async clear(): Promise<void> {
    this.#check(await this.#nft(clearScript()));
    this.#standing.clear();
  }

  async stop(): Promise<void> {}

  /** The keys of services that have connections through this node; empty where nothing can tell. */
  async used(): Promise<ReadonlySet<string>> {
    const flows = await this.#withConntrack(() => listFlows(this.#run, "tcp", true));
    return new Set(flows?.map(({ service }) => serviceKey(service)));
  }

  /** All at once; if that does not work, each half by itself, until what does not work stands alone. */
  async #commit(changes: readonly Change[], budget: { left: number }): Promise<readonly StepFailure[]> {
    if (budget.left === 0) return failuresOf(changes, "too many others in the same plan have failed");
    budget.left--;
    const { ranges } = this.#parts;
    const surroundings = { ranges, standing: this.#standing.values() };
    const result = await this.#nft(baseScript(ranges) + scriptOf(changes, surroundings));
    if (result.code === 0) {
      this.#note(changes);
      return [];
    }
    if (isWithoutRights(result)) this.#check(result);
    if (changes.length === 1) return failuresOf(changes, reasonOf(result));
    const middle = changes.length >> 1;
    const first = await this.#commit(changes.slice(0, middle), budget);
    return [...first, ...(await this.#commit(changes.slice(middle), budget))];
  }

  #note(changes: readonly Change[]): void {
    for (const { service, targets } of changes) {
      if (targets) this.#standing.set(serviceKey(service), service);
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
        this.#parts.log.warn({ reason }, `conntrack does not work: ${effect}; install the package conntrack`);
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

  #prefixFor(address: string): string {
    const { ranges } = this.#parts;
    if (!isInRange(address, ranges)) return address;
    const { first, last } = ranges[familyOf(address)];
    return `PREFIX dev lo (a prefix of ${first}-${last})`;
  }

  #nft(script: string): Promise<CommandResult> {
    return this.#run("nft", ["-f", "-"], script);
  }

  readonly #run: RunCommand = async (command, args, input, timeoutMs) => {
    try {
      return await this.#parts.run(command, args, input, timeoutMs);
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      const what = isMissing
        ? `${command} is not installed: install the package ${PACKAGES[command] ?? command}`
        : messageOf(error);
      throw new MesosDnsError("VIP_PLANE", what, { cause: error });
    }
  };

  /** Rejects what concerns the plane as a whole. */
  #check(result: CommandResult): void {
    if (result.code === 0) return;
    if (isWithoutRights(result)) {
      const remedy = "run this with CAP_NET_ADMIN, as its systemd unit does";
      throw new MesosDnsError("VIP_PLANE", `nft may not change the rules of this node (${NO_RIGHTS}): ${remedy}`);
    }
    throw new MesosDnsError("VIP_PLANE", `nft has failed: ${reasonOf(result)}`);
  }
}

/** What a program comes with. */
const PACKAGES: Readonly<Record<string, string>> = { nft: "nftables", conntrack: "conntrack", ip: "iproute2" };

function isWithoutRights({ code, stderr }: CommandResult): boolean {
  return code !== 0 && stderr.includes(NO_RIGHTS);
}

/** The first line of what it said, which is what went wrong and where; the others repeat the command. */
function reasonOf({ code, stderr }: CommandResult): string {
  const [line = ""] = stderr.trim().split("\n");
  return line === "" ? `exit status ${code}` : line;
}

function failuresOf(changes: readonly Change[], reason: string): readonly StepFailure[] {
  return changes.flatMap(({ steps }) => steps.map((step) => ({ step, reason })));
}

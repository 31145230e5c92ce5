import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import type { CommandResult, RunCommand } from "../../base/run-command.js";
import { type Actual, type ServiceAddress, serviceKey } from "../model.js";
import type { Step } from "../plan.js";
import type { DataPlane, Refusal, StepFailure } from "../plane.js";
import { FAMILIES, type Family, type Ranges } from "../ranges.js";
import type { LocalRoutes } from "../routes.js";
import { commit } from "./commit.js";
import { endFlow, listFlows, strayFlows } from "./flows.js";
import { parseTable, type Table } from "./parse.js";
import { checkNft, explained } from "./programs.js";
import { baseScript, clearScript, TABLE } from "./ruleset.js";
import { type Change, changesOf, scriptOf } from "./transaction.js";

const NOT_THERE = "No such file or directory";

export interface NftablesParts {
  readonly run: RunCommand;
  readonly routes: LocalRoutes;
  readonly log: Pick<Logger, "warn">;
  readonly ranges: Ranges;
}

type Standing = ServiceAddress & { readonly isOpen: boolean };

/** The kernel's own balancing: nftables chooses a target for a new connection, and conntrack keeps it there. */
export class NftablesPlane implements DataPlane {
  readonly name = "nftables";
  readonly territory = "the nftables of this node";
  /** A target without weight is in no rule. What connections it has go on. */
  readonly keepsDrained = false;
  /** The rules of the port mapper are for connections that nothing has translated yet. */
  readonly mapsLocally = true;
  readonly changesServicesLater = false;
  readonly #parts: NftablesParts;
  readonly #run: RunCommand;
  readonly #standing = new Map<string, Standing>();
  readonly #atOnce = { most: Number.POSITIVE_INFINITY };
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
    const table = parseTable(result.stdout, this.#parts.ranges);
    if (table) return table;
    throw new MesosDnsError("VIP_PLANE", "nft -j list table says what is no JSON: nftables 0.9.3 or later is needed");
  }

  /** The kernel has to take packets to the address for its own: otherwise they would leave this node wherever nothing translates them. */
  refusal({ address }: ServiceAddress): Promise<Refusal | undefined> {
    return this.#parts.routes.refusal(address);
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

  #nft(script: string): Promise<CommandResult> {
    return this.#run("nft", ["-f", "-"], script);
  }
}

import type { Address } from "../base/addresses.js";
import type { ZoneConfig } from "../config/config.js";
import { isInZone } from "../config/names.js";
import type { Agent, Framework, Task } from "../sources/mesos/cluster.js";
import { dcosView } from "../views/dcos/view.js";
import type { ClusterFacts } from "../views/facts.js";
import { type NamingRules, namingRulesOf } from "../views/mesos-dns/rules.js";
import { FrameworkNames } from "../views/mesos-dns/shared-names.js";
import { mesosDnsView } from "../views/mesos-dns/view.js";
import type { ClaimSink, ZoneSink } from "../views/sink.js";
import { sinksOf } from "../views/sinks-of.js";
import { type Emitter, type Problem, together } from "../views/view.js";

/** A part of the cluster that gives records. */
export type Piece =
  | { readonly kind: "task"; readonly framework: Framework; readonly task: Task }
  | { readonly kind: "framework"; readonly framework: Framework }
  | { readonly kind: "agent"; readonly agent: Agent }
  | { readonly kind: "masters" }
  | { readonly kind: "name_server" };

/** A record that is looked for, and what gives it. */
export interface Found {
  readonly piece: Piece;
  readonly name: string;
  readonly type: "A" | "AAAA" | "SRV";
  /** An address, or a port and its host: `31000 at web.example.com`. */
  readonly value: string;
  /** It counts only where its name has no others. */
  readonly isStandby: boolean;
}

/** Who claims an address for itself. */
export interface Claim {
  readonly kind: "agent" | "task" | "master";
  readonly piece: Piece;
  /** "" if its owner has none. */
  readonly name: string;
  readonly agentId: string;
}

/** What to look for. */
export interface Sought {
  /** Records of this name. */
  readonly name?: string | undefined;
  /** Address records with this address, and claims to it. */
  readonly address?: Address | undefined;
}

export interface Traced {
  readonly found: readonly Found[];
  readonly claims: readonly Claim[];
  readonly problems: readonly { readonly piece: Piece; readonly problem: Problem }[];
}

/** Pieces between two pauses: a millisecond's work or so. */
const STRIDE = 256;

/** Has the views that follow the cluster piece by piece emit what they do for it, and notes what is sought, and why pieces are left out. */
export class Trace implements Traced {
  readonly found: Found[] = [];
  readonly claims: Claim[] = [];
  readonly problems: { readonly piece: Piece; readonly problem: Problem }[] = [];
  readonly #facts: ClusterFacts;
  readonly #sought: Sought;
  readonly #emitter: Required<Emitter>;
  readonly #rules: NamingRules;
  readonly #zones: readonly string[];
  #piece: Piece = { kind: "masters" };

  /** @param sought nothing in particular: all records */
  constructor(facts: ClusterFacts, config: ZoneConfig, sought: Sought = {}) {
    this.#facts = facts;
    this.#sought = sought;
    this.#rules = namingRulesOf(config);
    const views = [mesosDnsView(config), dcosView(config)].filter((view) => view !== undefined);
    this.#zones = views.flatMap((view) => view.zones.map(({ name }) => name));
    const zones = new Map(views.flatMap((view) => view.zones.map(({ name }) => [name, this.#sink()] as const)));
    const sinks = { zone: sinksOf(views, zones, "made").zone, claims: this.#claimSink() };
    this.#emitter = together(views.map((view) => view.emitter?.(facts, sinks)).filter((each) => each !== undefined));
  }

  /** Looks at the whole cluster, and pauses now and then. */
  *all(): Generator<undefined, void> {
    const { agents, frameworks } = this.#facts.cluster;
    let pieces = 0;
    this.#piece = { kind: "name_server" };
    this.#emitter.nameServers();
    this.#piece = { kind: "masters" };
    this.#emitter.masters();
    for (const agent of agents.values()) {
      this.#piece = { kind: "agent", agent };
      this.#emitter.agent(agent);
      if (++pieces % STRIDE === 0) yield;
    }
    for (const framework of frameworks) {
      this.#piece = { kind: "framework", framework };
      this.#note(this.#emitter.framework(framework));
      if (!this.#mayHave(framework)) continue;
      for (const task of framework.tasks) {
        this.task(framework, task);
        if (++pieces % STRIDE === 0) yield;
      }
    }
  }

  /** Whether tasks of a framework can have the name that is sought: in the domain, all their names end with the framework's. */
  #mayHave({ name: framework }: Framework): boolean {
    const { name } = this.#sought;
    const { domain } = this.#rules;
    if (name === undefined) return true;
    if (!this.#zones.some((zone) => isInZone(name, zone))) return false;
    if (!name.endsWith(`.${domain}`)) return true;
    const { own, host } = new FrameworkNames(framework, this.#rules);
    return name.endsWith(`.${own}`) || name.endsWith(`.${host}`);
  }

  /** Looks at one task. */
  task(framework: Framework, task: Task): void {
    this.#piece = { kind: "task", framework, task };
    this.#note(this.#emitter.task(framework, task));
  }

  #note(problem: Problem | undefined): void {
    if (problem) this.problems.push({ piece: this.#piece, problem });
  }

  #add(name: string, type: Found["type"], value: string, isStandby = false): void {
    this.found.push({ piece: this.#piece, name, type, value, isStandby });
  }

  #sink(): ZoneSink {
    const { name: soughtName, address: soughtAddress } = this.#sought;
    const isAny = soughtName === undefined && soughtAddress === undefined;
    return {
      address: (name, { family, text }, standby) => {
        if (isAny || name === soughtName || text === soughtAddress?.text)
          this.#add(name, family === 4 ? "A" : "AAAA", text, standby);
      },
      service: (name, target, port, standby) => {
        if (isAny || name === soughtName) this.#add(name, "SRV", `${port} at ${target}`, standby);
      },
      pointer: () => undefined,
      character: () => undefined,
      prepared: () => undefined,
    };
  }

  #claimSink(): ClaimSink {
    const claim = (kind: Claim["kind"], address: Address, name: string, agentId = "") => {
      if (address.text === this.#sought.address?.text) this.claims.push({ kind, piece: this.#piece, name, agentId });
    };
    return {
      agent: (address, name) => claim("agent", address, name),
      task: (address, agentId, name) => claim("task", address, name, agentId),
      master: (address, name) => claim("master", address, name),
    };
  }
}

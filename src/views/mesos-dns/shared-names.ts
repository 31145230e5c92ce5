import { AGENTS } from "../../config/reserved-names.js";
import type { Task } from "../../sources/mesos/cluster.js";
import { toFragment, toLabel } from "../../wire/labels.js";
import { isDnsName, MAX_LABEL } from "../../wire/names.js";
import { isInside, type NamingRules } from "./rules.js";

/** The longest name of a service in a label: the `_` takes one octet. */
export const SERVICE_LABEL = MAX_LABEL - 1;

/** The names of one service with one protocol; each is "" if it would not be a DNS name. */
export interface ServiceNames {
  readonly protocol: string;
  /** `_N._P.F.D` */
  readonly own: string;
  /** `_N._P.F.slave.D` */
  readonly host: string;
}

/** The names that instances of a task share, in one spelling; each is "" if it would not be a DNS name. */
export class SharedNames {
  readonly name: string;
  /** `N.F.D` */
  readonly own: string;
  /** `N.F.slave.D` */
  readonly host: string;
  readonly #service: string;
  readonly #framework: FrameworkNames;
  readonly #services: ServiceNames[] = [];

  /** @param service the name that follows the `_` in SRV names */
  constructor(name: string, service: string, framework: FrameworkNames) {
    this.name = name;
    this.own = framework.checkedOwn(name);
    this.host = checked(`${name}.${framework.host}`);
    this.#service = service;
    this.#framework = framework;
  }

  /** With what these names begin. */
  get starts(): readonly string[] {
    return [this.name, `_${this.#service}`].filter((label) => label !== "").map((label) => `${label}.`);
  }

  services(protocol: string): ServiceNames {
    const known = this.#services.find((names) => names.protocol === protocol);
    if (known) return known;
    const prefix = `_${this.#service}._${protocol}`;
    const framework = this.#framework;
    const own = framework.outside(`${prefix}.${framework.own}`);
    const names = { protocol, own, host: checked(`${prefix}.${framework.host}`) };
    this.#services.push(names);
    return names;
  }
}

/** The names below which a framework's tasks get theirs, and the rules for their labels. */
export class FrameworkNames {
  /** `F.D`, for a task's own addresses. */
  readonly own: string;
  /** `F.slave.D`, for its agent's addresses. */
  readonly host: string;
  /** Whether the framework's name is the one below which agents have their names. */
  readonly #isAgents: boolean;
  readonly #rules: NamingRules;
  /** The task name of the last call: instances of a task mostly follow one another. */
  #published: string | undefined;
  #isWritten = false;
  #spellings: readonly SharedNames[] = [];

  constructor(framework: string, rules: NamingRules) {
    const { domain, labels } = rules;
    const fragment = toFragment(framework, labels);
    this.#isAgents = fragment === AGENTS;
    this.own = `${fragment}.${domain}`;
    this.host = `${fragment}.slave.${domain}`;
    this.#rules = rules;
  }

  /** `N.F.D`; "" if that is not a DNS name, is reserved for agents, or in another zone. */
  checkedOwn(name: string): string {
    return this.#isAgents && !name.includes(".") ? "" : this.outside(`${name}.${this.own}`);
  }

  /** The name itself; "" if it is not a DNS name, or in a zone inside the domain. */
  outside(name: string): string {
    return isInside(name, this.#rules) ? "" : checked(name);
  }

  /** The spellings of a task's name: as a label, and also as written if it has a discovery name that differs from its label. */
  spellings({ name, discovery }: Task): readonly SharedNames[] {
    const published = discovery?.name ?? name;
    const isWritten = discovery !== undefined;
    if (published !== this.#published || isWritten !== this.#isWritten) {
      this.#published = published;
      this.#isWritten = isWritten;
      this.#spellings = this.#spell(published, isWritten);
    }
    return this.#spellings;
  }

  #spell(published: string, isWritten: boolean): readonly SharedNames[] {
    const { labels } = this.#rules;
    const label = toLabel(published, labels);
    const service = label.length < MAX_LABEL ? label : toLabel(published, labels, SERVICE_LABEL);
    const asLabel = new SharedNames(label, service, this);
    const written = isWritten ? published.toLowerCase() : label;
    // A label "*" would be a wildcard to every other server that loads the zone (RFC 4592 §2.1.1).
    if (written === label || written.split(".").includes("*")) return [asLabel];
    return [asLabel, new SharedNames(written, written, this)];
  }
}

/** The name itself, or "" if it is not a DNS name. */
export function checked(name: string): string {
  return isDnsName(name) ? name : "";
}

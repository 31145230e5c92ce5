import { AGENTS } from "../../config/reserved-names.js";
import type { Task } from "../../sources/mesos/cluster.js";
import { isDnsName, MAX_LABEL } from "../../wire/names.js";
import { type LabelRules, toFragment, toLabel } from "./labels.js";

/** `_` takes one octet of a label. */
export const SERVICE_LABEL = MAX_LABEL - 1;

/** Names of one service by one protocol; each "" where it would be no DNS name. */
export interface ServiceNames {
  readonly protocol: string;
  /** `_N._P.F.D` */
  readonly own: string;
  /** `_N._P.F.slave.D` */
  readonly host: string;
}

/** The names that instances of a task share, in one spelling; each "" where it would be no DNS name. */
export class SharedNames {
  readonly name: string;
  /** `N.F.D` */
  readonly own: string;
  /** `N.F.slave.D` */
  readonly host: string;
  readonly #service: string;
  readonly #framework: FrameworkNames;
  readonly #services: ServiceNames[] = [];

  /** @param service the name as it stands behind the `_` of SRV names */
  constructor(name: string, service: string, framework: FrameworkNames) {
    this.name = name;
    this.own = framework.checkedOwn(name);
    this.host = checked(`${name}.${framework.host}`);
    this.#service = service;
    this.#framework = framework;
  }

  services(protocol: string): ServiceNames {
    const known = this.#services.find((names) => names.protocol === protocol);
    if (known) return known;
    const prefix = `_${this.#service}._${protocol}`;
    const { own, host } = this.#framework;
    const names = { protocol, own: checked(`${prefix}.${own}`), host: checked(`${prefix}.${host}`) };
    this.#services.push(names);
    return names;
  }
}

/** Where a framework's tasks are named, and how. */
export class FrameworkNames {
  /** `F.D`, for a task's own addresses. */
  readonly own: string;
  /** `F.slave.D`, for its agent's. */
  readonly host: string;
  readonly #labels: LabelRules;
  /** The framework is called what agents have their names below. */
  readonly #isAgents: boolean;
  /** The task asked about last: instances of one mostly follow one another. */
  #published: string | undefined;
  #isWritten = false;
  #spellings: readonly SharedNames[] = [];

  constructor(framework: string, domain: string, labels: LabelRules) {
    const fragment = toFragment(framework, labels);
    this.#isAgents = fragment === AGENTS;
    this.own = `${fragment}.${domain}`;
    this.host = `${fragment}.slave.${domain}`;
    this.#labels = labels;
  }

  /** `N.F.D`; "" where that is no DNS name, or one that only an agent may have. */
  checkedOwn(name: string): string {
    return this.#isAgents && !name.includes(".") ? "" : checked(`${name}.${this.own}`);
  }

  /** Its name as a label, and where it has a discovery name that is not its own label, as written too. */
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
    const label = toLabel(published, this.#labels);
    const service = label.length < MAX_LABEL ? label : toLabel(published, this.#labels, SERVICE_LABEL);
    const asLabel = new SharedNames(label, service, this);
    const written = isWritten ? published.toLowerCase() : label;
    // A label "*" would be a wildcard to every other server that loads the zone (RFC 4592 §2.1.1).
    if (written === label || written.split(".").includes("*")) return [asLabel];
    return [asLabel, new SharedNames(written, written, this)];
  }
}

/** The name itself; "" where it is no DNS name. */
export function checked(name: string): string {
  return isDnsName(name) ? name : "";
}

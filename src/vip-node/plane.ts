import type { Actual, ServiceAddress } from "./model.js";
import type { Step } from "./plan.js";

export type PlaneName = "haproxy" | "nftables";

/** Why a plane does not carry a service: a word for metrics, and a sentence for people. */
export interface Refusal {
  readonly reason: "udp" | "port_in_use" | "no_route" | "not_permitted" | "range";
  readonly detail: string;
}

/** A step that could not be done. It concerns no other. */
export interface StepFailure {
  readonly step: Step;
  readonly reason: string;
}

/**
 * What carries connections on a node. Nothing is ever flushed: `start` adopts what stands, and after `stop` all goes on working.
 * All promises reject with a `MesosDnsError` if the plane as a whole cannot do it: its program is missing, or has no rights.
 */
export interface DataPlane {
  readonly name: PlaneName;
  /** What no two programs may change at a time. */
  readonly territory: string;
  /** Whether targets with weight 0 are told apart from those that are not wanted at all. */
  readonly keepsDrained: boolean;
  /** Whether packets to the node's own port mappings would not arrive, because the kernel translates a connection once. */
  readonly mapsLocally: boolean;
  /** Whether services come and go some time after `apply` has taken their steps; until then, `read` tells of what is still there. */
  readonly changesServicesLater: boolean;
  /** Gets ready to be read and changed. Does nothing to what is there already. */
  start(): Promise<void>;
  /** What it carries: everything that is there under its own name, whoever put it there. */
  read(): Promise<Actual>;
  /** The same, but nothing is changed for it: where the plane does not run, it carries nothing. */
  look(): Promise<Actual>;
  /** Why it cannot carry a service that it does not carry yet; `undefined` if it can. */
  refusal(service: ServiceAddress): Promise<Refusal | undefined>;
  /** Whether what carries connections is there; cheap enough to be asked every second. Absent where that is the kernel. */
  isAlive?(): Promise<boolean>;
  /** Takes the steps in their order. */
  apply(steps: readonly Step[]): Promise<readonly StepFailure[]>;
  /** Takes away everything that it carries: connections break. */
  clear(): Promise<void>;
  /** Lets go of it. Everything stays as it is. */
  stop(): Promise<void>;
}

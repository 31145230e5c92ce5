import type { Timers } from "../../base/timers.js";
import type { Probe } from "../../health/probe.js";
import type { Service } from "../model.js";
import type { Adjustment } from "../node.js";
import type { NftablesPlane } from "./plane.js";
import { TargetProbes, withoutFailed } from "./probing.js";

/** How often it is looked which services this node uses, in milliseconds. */
const LOOK_MS = 5_000;

export interface ProbedTargetsParts {
  readonly plane: Pick<NftablesPlane, "used">;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly probe: Probe;
}

/** Leaves out targets that do not take connections, of the services that this node uses. */
export class ProbedTargets implements Adjustment {
  readonly #parts: ProbedTargetsParts;
  readonly #probes: TargetProbes;
  #services: readonly Service[] = [];
  #used: ReadonlySet<string> = new Set();
  #onChange: () => void = () => undefined;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(parts: ProbedTargetsParts) {
    this.#parts = parts;
    const { timers, wallClock, probe } = parts;
    this.#probes = new TargetProbes({ timers, wallClock, probe, onChange: () => this.#onChange() });
  }

  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#look();
  }

  apply(services: readonly Service[]): readonly Service[] {
    this.#services = services;
    this.#probes.follow(services, this.#used);
    return withoutFailed(services, this.#probes.failed());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#probes.stop();
  }

  #look(): void {
    const { plane, timers } = this.#parts;
    plane
      .used()
      .then((used) => {
        if (this.#isStopped) return;
        this.#used = used;
        this.#probes.follow(this.#services, used);
      })
      .finally(() => {
        if (!this.#isStopped) this.#cancel = timers.after(LOOK_MS, () => this.#look());
      })
      // What cannot be looked at is not probed; the plane says why.
      .catch(() => undefined);
  }
}

import type { Timers } from "../../base/timers.js";
import type { Instance } from "../../config/health.js";
import { Checker } from "../../health/checker.js";
import type { Probe } from "../../health/probe.js";
import { type Service, serviceKey, shouldBeOpen, type Target, targetKey } from "../model.js";

/** Seconds, and results in a row. A dead machine costs its share of connections until Mesos notices, which takes 75 s. */
const CHECK = { type: "tcp", name: "vip-target", interval: 2, timeout: 1, failures: 2, successes: 1 } as const;
/** Targets that are probed at the same time: 250 connections a second from one node. */
const MOST_PROBED = 500;

export interface ProbingParts {
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly probe: Probe;
  /** Called when a target has failed, or works again. */
  readonly onChange: () => void;
}

/** Connects again and again to the targets of services that this node uses: the kernel does not notice that one is dead. */
export class TargetProbes {
  readonly #checker: Checker;
  #probed: readonly string[] = [];

  constructor({ onChange, ...parts }: ProbingParts) {
    const onResult = (_: Instance, before: { readonly isUp: boolean }, after: { readonly isUp: boolean }) => {
      if (before.isUp !== after.isUp) onChange();
    };
    this.#checker = new Checker({ ...parts, known: new Map(), onResult });
  }

  /**
   * Probes the targets of these services from now on, and no others. Only TCP tells whether somebody is there.
   *
   * @param used keys of services
   */
  follow(services: readonly Service[], used: ReadonlySet<string>): void {
    const instances = new Map<string, Instance>();
    for (const service of services) {
      if (service.protocol !== "tcp" || !used.has(serviceKey(service))) continue;
      for (const target of service.targets) {
        const name = targetKey(target);
        if (target.weight > 0)
          instances.set(name, { name, check: { ...CHECK, port: target.port }, address: target.ip });
      }
    }
    const probed = [...instances.values()].slice(0, MOST_PROBED);
    this.#probed = probed.map(({ name }) => name);
    this.#checker.configure(probed);
  }

  /** The keys of targets that do not take connections. */
  failed(): ReadonlySet<string> {
    return new Set(this.#probed.filter((name) => this.#checker.stateOf(name)?.isUp === false));
  }

  stop(): void {
    this.#checker.stop();
  }
}

/**
 * The services with weight 0 for targets that have failed. Where nobody else would be left it is this node, rather than all of them, that
 * something is wrong with: such a service stays as it is.
 *
 * @param failed keys of targets, of services over TCP
 */
export function withoutFailed(services: readonly Service[], failed: ReadonlySet<string>): readonly Service[] {
  if (failed.size === 0) return services;
  return services.map((service) => {
    const hasFailed = (target: Target) => failed.has(targetKey(target));
    if (service.protocol !== "tcp" || !service.targets.some(hasFailed)) return service;
    const targets = service.targets.map((target) => (hasFailed(target) ? { ...target, weight: 0 } : target));
    return shouldBeOpen({ targets }) ? { ...service, targets } : service;
  });
}

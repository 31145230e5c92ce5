import type { Logger } from "../base/log.js";
import type { StaticRecord } from "../config/config.js";
import type { Health } from "../views/facts.js";
import { type PolicyState, policiesOf } from "../views/static/policies.js";

export interface PolicyWatchParts {
  readonly log: Pick<Logger, "info" | "warn">;
  /** Called with all of them when one has changed. */
  readonly onChange: (policies: readonly PolicyState[]) => void;
}

/** Notices which names have no healthy value left. */
export class PolicyWatch {
  readonly #parts: PolicyWatchParts;
  #records: readonly StaticRecord[] = [];
  #health: Health | undefined;
  #known: ReadonlyMap<string, PolicyState> = new Map();

  constructor(parts: PolicyWatchParts) {
    this.#parts = parts;
  }

  /** These records are answered by this health now. */
  note(records: readonly StaticRecord[], health: Health): void {
    if (records === this.#records && health === this.#health) return;
    this.#records = records;
    this.#health = health;
    const now = new Map(policiesOf(records, health).map((policy) => [`${policy.name} ${policy.type}`, policy]));
    const turned = [...now].filter(
      ([set, policy]) => policy.failedOpen !== (this.#known.get(set)?.failedOpen ?? false),
    );
    const isSame = turned.length === 0 && now.size === this.#known.size;
    this.#known = now;
    for (const [set, { failedOpen }] of turned) {
      if (failedOpen) this.#parts.log.warn(`no value of ${set} is healthy: it is answered as if all were`);
      else this.#parts.log.info(`values of ${set} are healthy again`);
    }
    if (!isSame) this.#parts.onChange([...now.values()]);
  }
}

import type { Job } from "../waiting-writes.js";
import type { Plan, Planned } from "./commit-plan.js";
import { commitsSince, type Head, type Position } from "./head.js";

/**
 * Transactions whose answer has not come. After a lost connection, one may have been done, or may still be done later; until the head has
 * moved on: each depends on the head that it was made for.
 */
export class Doubts {
  readonly #plans = new Map<Plan, Position>();

  get size(): number {
    return this.#plans.size;
  }

  has(job: Job): boolean {
    return [...this.#plans.keys()].some(({ jobs }) => jobs.some((planned) => planned.job === job));
  }

  /** @param since what the plan was made for */
  add(plan: Plan, since: Position): void {
    this.#plans.set(plan, since);
  }

  /** It has certainly not been done, and will not be. */
  drop(plan: Plan): void {
    this.#plans.delete(plan);
  }

  clear(): void {
    this.#plans.clear();
  }

  /**
   * Finds out what has become of them, since the head is another one. What is in neither list was not done.
   *
   * @returns jobs that are done, and jobs of which it cannot be told
   */
  resolve(head: Head): { readonly done: readonly Planned[]; readonly unknown: readonly Planned[] } {
    const done: Planned[] = [];
    const unknown: Planned[] = [];
    for (const [{ id, jobs }, since] of this.#plans) {
      const commits = commitsSince(head, since);
      if (!commits) unknown.push(...jobs);
      else if (commits.some((commit) => commit.id === id)) done.push(...jobs);
    }
    this.#plans.clear();
    return { done, unknown };
  }
}

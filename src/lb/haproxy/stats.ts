import { DurationCounts } from "../../health/durations.js";
import type { DriverEvent } from "./driver-parts.js";
import type { Step } from "./steps.js";

/** Counts of what a load balancer has done. */
export class LbStats {
  /** By cause and result, separated by a blank. */
  readonly reloads = new Map<string, number>();
  readonly steps = new Map<Step["kind"], number>();
  stepFailures = 0;
  failures = 0;
  /** By what they measure: `model` is how long one takes, `applied` from the news to what runs. */
  readonly times = new DurationCounts();

  addModel(seconds: number): void {
    this.times.add("model", seconds);
  }

  /** @param now in milliseconds of the clock of the event's `since` */
  note(event: DriverEvent, now: number): void {
    switch (event.kind) {
      case "applied":
        if (event.since !== undefined) this.times.add("applied", (now - event.since) / 1_000);
        return;
      case "reloaded":
        this.#addReload(event.cause, "done");
        return;
      case "refused":
        this.#addReload("structure", "refused");
        return;
      case "unbindable":
        this.#addReload("structure", "port_in_use");
        return;
      case "failed":
        this.failures++;
        return;
      case "steps":
        for (const { kind } of event.steps) this.steps.set(kind, (this.steps.get(kind) ?? 0) + 1);
        this.stepFailures += event.failures.length;
        return;
    }
  }

  #addReload(cause: string, result: string): void {
    const key = `${cause} ${result}`;
    this.reloads.set(key, (this.reloads.get(key) ?? 0) + 1);
  }
}

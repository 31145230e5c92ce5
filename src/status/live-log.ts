import type { Logger } from "../base/log.js";
import { type LiveReport, NOTHING_FOLLOWED, type StreamReport } from "../sources/mesos/live/report.js";

/** Keeps the builder's reports on following the cluster, for /readyz and /metrics, and logs changes. */
export class LiveLog {
  readonly #log: Logger;
  #report = NOTHING_FOLLOWED;
  /** The counters of builders that have ended. */
  #former = NOTHING_FOLLOWED;

  constructor(log: Logger) {
    this.#log = log;
  }

  get report(): LiveReport {
    return this.#report;
  }

  /** Call this when the builder has been restarted: it counts from 0 again. */
  restarted(): void {
    this.#former = { ...this.#report, held: NOTHING_FOLLOWED.held, heldState: undefined };
    this.#report = this.#former;
  }

  note(report: LiveReport): void {
    const before = this.#report;
    this.#report = added(this.#former, report);
    this.#noteStream(before.stream, this.#report.stream);
    this.#noteHeld(before.held, report.held);
    this.#noteHeldState(before.heldState, report.heldState);
  }

  #noteStream(before: StreamReport, { status, master, failure, subscriptions }: StreamReport): void {
    if (status === "connected" && subscriptions !== before.subscriptions) {
      this.#log.info({ master }, "following the master's events");
    }
    if (!failure || failure.message === before.failure?.message) return;
    const { code, message } = failure;
    if (status === "unsupported") {
      this.#log.info({ code }, `there are no events to follow, the state is polled every refreshSeconds: ${message}`);
    } else if (before.failure === undefined) {
      this.#log.warn({ code }, `lost the master's events, the state is polled meanwhile: ${message}`);
    }
  }

  #noteHeld(before: LiveReport["held"], { agents, frameworks, tasks }: LiveReport["held"]): void {
    const isHolding = tasks + frameworks > 0;
    if (isHolding === before.tasks + before.frameworks > 0) return;
    if (!isHolding) this.#log.info("every agent and framework is back, or given up");
    else {
      const why = "the leading master has not heard of their agents or frameworks yet";
      this.#log.warn({ agents, frameworks, tasks }, `the records of ${tasks} tasks stay: ${why}`);
    }
  }

  #noteHeldState(before: LiveReport["heldState"], state: LiveReport["heldState"]): void {
    if (!state) {
      if (before) this.#log.info("no state is held any more");
      return;
    }
    if (before?.since === state.since) return;
    const { records, remaining, leader } = state;
    const what = `a state would leave ${remaining} of ${records} records`;
    this.#log.warn({ leader, records, remaining }, `${what}; it is held until the master confirms it (maxShrink)`);
  }
}

function added(former: LiveReport, report: LiveReport): LiveReport {
  const stream = {
    ...report.stream,
    subscriptions: former.stream.subscriptions + report.stream.subscriptions,
    events: sum(former.stream.events, report.stream.events),
    failures: sum(former.stream.failures, report.stream.failures),
  };
  const differences = {
    task: former.differences.task + report.differences.task,
    agent: former.differences.agent + report.differences.agent,
    framework: former.differences.framework + report.differences.framework,
  };
  return { ...report, stream, differences, heldStates: former.heldStates + report.heldStates };
}

function sum(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const result: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) result[key] = (result[key] ?? 0) + value;
  return result;
}

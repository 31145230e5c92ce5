import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";

/** What `npm run bench -- churn` measures with a million events, in small. */
const PROCESS = "bench/lib/churn-process.mjs";
const [TASKS, EVENTS, HOURS] = [300, 60_000, 12];
const LIMIT_MS = 180_000;
/** By then every table has grown and been made anew. */
const WARM_UP_HOURS = 4;

interface Sample {
  readonly failures: readonly string[];
  /** In MB, after a garbage collection. */
  readonly heap: number;
  readonly buffers: number;
}

it(
  "what is held in memory does not grow with the number of events",
  async () => {
    const child = fork(PROCESS, [TASKS, EVENTS, HOURS].map(String), { execArgv: ["--expose-gc"] });
    const [samples] = (await once(child, "message")) as [readonly Sample[]];
    expect(samples.at(-1)?.failures).toEqual([]);
    const highest = (part: readonly Sample[], of: (sample: Sample) => number) => Math.max(...part.map(of));
    for (const of of [({ heap }: Sample) => heap, ({ buffers }: Sample) => buffers]) {
      const before = highest(samples.slice(0, WARM_UP_HOURS), of);
      expect(highest(samples.slice(WARM_UP_HOURS), of)).toBeLessThan(before * 1.1);
    }
  },
  LIMIT_MS,
);

import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { counter, gauge, histogramSamples, type MetricSource, type Sample, single } from "./metric.js";

/** How often the delay of the event loop is measured, in milliseconds. */
const MEASURE_INTERVAL = 50;
/** Upper bounds in seconds. */
const DELAY_BUCKETS = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const DELAY = "mesos_dns_event_loop_delay_seconds";

/**
 * Metrics of the process as a whole, and of the event loop and heap of the calling thread. prom-client's own set is not used: it
 * resets the event loop's delays at each scrape, so that two scrapers would falsify each other's numbers, and some of
 * its names break Prometheus's rules.
 */
export function processMetrics(): MetricSource[] {
  const delays = new LoopDelays();
  return [
    {
      name: "mesos_dns_process_cpu_seconds_total",
      type: "counter",
      help: "CPU time of all threads.",
      labelNames: ["mode"],
      read: cpuSeconds,
    },
    gauge("mesos_dns_process_resident_memory_bytes", "Memory of all threads that is in RAM.", () =>
      single(process.memoryUsage.rss()),
    ),
    gauge("mesos_dns_process_heap_bytes", "JavaScript heap in use by the main thread.", () =>
      single(process.memoryUsage().heapUsed),
    ),
    gauge("mesos_dns_process_start_time_seconds", "When the process started, in Unix time.", () =>
      single(performance.timeOrigin / 1000),
    ),
    gauge("mesos_dns_process_open_fds", "Open file descriptors (Linux only).", openDescriptors),
    gauge("mesos_dns_process_max_fds", "File descriptors that may be open (Linux only).", maxDescriptors),
    counter("mesos_dns_event_loop_busy_seconds_total", "Time the main thread's event loop was at work.", () =>
      single(performance.eventLoopUtilization().active / 1000),
    ),
    {
      name: DELAY,
      type: "histogram",
      help: "How late the main thread's event loop comes to what is due; looked at 20 times a second.",
      labelNames: [],
      read: () => delays.samples(),
    },
  ];
}

/** Measures the delay of the event loop: how late a timer fires. */
class LoopDelays {
  readonly #counts = new Array<number>(DELAY_BUCKETS.length + 1).fill(0);
  #sum = 0;
  #due = performance.now() + MEASURE_INTERVAL;

  constructor() {
    setInterval(() => this.#look(), MEASURE_INTERVAL).unref();
  }

  samples(): Sample[] {
    let count = 0;
    const cumulative = this.#counts.map((own) => {
      count += own;
      return count;
    });
    return histogramSamples(DELAY, {}, DELAY_BUCKETS, { buckets: cumulative, count, sum: this.#sum });
  }

  #look(): void {
    const now = performance.now();
    const delay = Math.max(0, now - this.#due) / 1000;
    this.#due = now + MEASURE_INTERVAL;
    const bucket = DELAY_BUCKETS.findIndex((bound) => delay <= bound);
    this.#counts[bucket < 0 ? DELAY_BUCKETS.length : bucket]++;
    this.#sum += delay;
  }
}

function cpuSeconds(): Sample[] {
  const { user, system } = process.cpuUsage();
  return [
    { labels: { mode: "user" }, value: user / 1e6 },
    { labels: { mode: "system" }, value: system / 1e6 },
  ];
}

function openDescriptors(): Sample[] {
  return onLinux(() => readdirSync("/proc/self/fd").length - 1); // one is the folder's own
}

function maxDescriptors(): Sample[] {
  return onLinux(() => Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]));
}

/** A number from /proc; no sample if it cannot be read. */
function onLinux(read: () => number): Sample[] {
  try {
    const value = read();
    return Number.isFinite(value) ? single(value) : [];
  } catch {
    return [];
  }
}

import type { Random } from "../base/random.js";
import { AGENTS, APPS, type DemoAgent, type DemoApp } from "./apps.js";

export interface ClusterOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: Random;
}

/** One running task. A task never moves: what moves is the app, as a new task elsewhere. */
export interface Instance {
  readonly taskId: string;
  readonly app: DemoApp;
  readonly agent: DemoAgent;
  /** Ports of the agent. */
  readonly ports: readonly number[];
  /** Addresses of its own, where the app has a discovery name. */
  readonly addresses: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface Change {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** Milliseconds between two changes. */
const SHORTEST_PAUSE = 2_000;
const LONGEST_PAUSE = 7_000;

const FIRST_PORT = 31_000;
/** Last octets of container addresses, in 203.0.113.0/24 and 2001:db8::/64, or in 127.12.0.0/24 if they are there. */
const FIRST_ADDRESS = 10;
const LAST_ADDRESS = 250;

/**
 * A cluster whose tasks start, stop and move. It has no clock of its own: `tick` brings it up to the time `now` says,
 * and the same random numbers at the same times give the same cluster.
 */
export class DemoCluster {
  readonly #options: ClusterOptions;
  #instances: readonly Instance[] = [];
  #nextChangeAt: number;
  #started = 0;
  #lastAddress = FIRST_ADDRESS - 1;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const now = options.now();
    for (const app of APPS) for (let i = 0; i < app.instances[0]; i++) this.#start(app, now);
    this.#nextChangeAt = now + this.#pause();
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Makes the changes that are due, and returns them. */
  tick(): Change[] {
    const changes: Change[] = [];
    const now = this.#options.now();
    while (this.#nextChangeAt <= now) {
      const at = this.#nextChangeAt;
      changes.push({ at, text: this.#change(at) });
      this.#nextChangeAt = at + this.#pause();
    }
    return changes;
  }

  #change(at: number): string {
    const app = this.#pick(APPS);
    const running = this.#instances.filter((instance) => instance.app === app);
    const [min, max] = app.instances;
    const possible: (() => string)[] = [];
    if (running.length < max) possible.push(() => `${label(app)} started on ${this.#start(app, at).agent.address}`);
    if (running.length > min) possible.push(() => this.#stop(this.#pick(running)));
    if (running.length > 0) possible.push(() => this.#move(this.#pick(running), at));
    return this.#pick(possible)();
  }

  #start(app: DemoApp, at: number, agent = this.#pick(AGENTS)): Instance {
    const instance: Instance = {
      taskId: this.#taskId(app, at),
      app,
      agent,
      ports: this.#freePorts(agent, app.hostPorts),
      addresses: app.discovery ? this.#freeAddresses(app) : [],
      startedAt: at,
    };
    this.#instances = [...this.#instances, instance];
    return instance;
  }

  #stop(instance: Instance): string {
    this.#instances = this.#instances.filter((other) => other !== instance);
    const { app, agent } = instance;
    return `${label(app)} ${app.framework === "chronos" ? "finished" : "stopped"} on ${agent.address}`;
  }

  #move(instance: Instance, at: number): string {
    const elsewhere = AGENTS.filter((agent) => agent !== instance.agent);
    const { agent } = this.#start(instance.app, at, this.#pick(elsewhere));
    this.#stop(instance);
    return `${label(instance.app)} moved to ${agent.address}`;
  }

  /** As the two frameworks name their tasks. */
  #taskId({ framework, name }: DemoApp, at: number): string {
    const serial = this.#started++;
    if (framework === "chronos") return `ct:${at}:${serial}:${name}:`;
    const unique = this.#options.random().toString(16).padStart(8, "0");
    return `${name}.${unique}-${serial.toString(16).padStart(4, "0")}`;
  }

  #freePorts(agent: DemoAgent, count: number): number[] {
    const taken = new Set(this.#instances.filter((other) => other.agent === agent).flatMap(({ ports }) => ports));
    const free: number[] = [];
    for (let port = FIRST_PORT; free.length < count; port++) if (!taken.has(port)) free.push(port);
    return free;
  }

  /** The next addresses in turn: one that was given up is not soon somebody else's. */
  #freeAddresses({ isReal }: DemoApp): string[] {
    const taken = new Set(this.#instances.flatMap(({ addresses }) => addresses));
    let pair: string[];
    do {
      this.#lastAddress = this.#lastAddress === LAST_ADDRESS ? FIRST_ADDRESS : this.#lastAddress + 1;
      const last = this.#lastAddress;
      pair = isReal ? [`127.12.0.${last}`] : [`203.0.113.${last}`, `2001:db8::${last.toString(16)}`];
    } while (pair.some((address) => taken.has(address)));
    return pair;
  }

  #pause(): number {
    return SHORTEST_PAUSE + (this.#options.random() % (LONGEST_PAUSE - SHORTEST_PAUSE));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#options.random() % items.length] as T;
  }
}

/** How the app's names begin in DNS. */
function label({ name, discovery }: DemoApp): string {
  return discovery?.name ?? name;
}

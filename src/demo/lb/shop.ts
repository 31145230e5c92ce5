import { DemoTask } from "./tasks.js";

export const APP_ID = "/shop/web";
export const VHOST = "www.example.com";

/** Addresses that a program may use without asking anybody. */
const AGENTS: readonly string[] = [1, 2, 3].map((last) => `127.12.0.${last}`);

/** How many tasks there are next, or that one of them moves. */
type Step = number | "move";
const FIRST_TASKS = 2;
/** What happens, over and over again. */
const COURSE: readonly Step[] = [4, "move", 3, "move", 5, "move", FIRST_TASKS];

/** The app of the demonstration: its tasks come, go and move, and each of them is there. */
export class DemoShop {
  readonly #servicePort: number;
  readonly #tasks: DemoTask[] = [];
  readonly #retired: DemoTask[] = [];
  #started = 0;
  #step = 0;

  private constructor(servicePort: number) {
    this.#servicePort = servicePort;
  }

  static async start(servicePort: number): Promise<DemoShop> {
    const shop = new DemoShop(servicePort);
    while (shop.#tasks.length < FIRST_TASKS) await shop.#add(shop.#nextAgent());
    return shop;
  }

  get tasks(): readonly DemoTask[] {
    return this.#tasks;
  }

  /** Makes the next change, and returns what it was. New tasks are there when this settles. */
  async change(): Promise<string> {
    const step = COURSE[this.#step++ % COURSE.length] ?? "move";
    if (step === "move") return this.#move();
    const before = this.#tasks.length;
    while (this.#tasks.length < step) await this.#add(this.#nextAgent());
    while (this.#tasks.length > step) this.#removeOldest();
    return `${APP_ID} is scaled from ${before} tasks to ${step}`;
  }

  /** Ends all its tasks at once. */
  end(): void {
    for (const task of [...this.#tasks, ...this.#retired]) task.end();
  }

  /** As Marathon's `GET /v2/apps` tells of it. */
  asMarathonTells(): object {
    return {
      id: APP_ID,
      instances: this.#tasks.length,
      labels: { HAPROXY_GROUP: "external", HAPROXY_0_VHOST: VHOST, HAPROXY_0_BIND_ADDR: "127.0.0.1" },
      env: {},
      networks: [{ mode: "host" }],
      portDefinitions: [{ port: this.#servicePort, protocol: "tcp" }],
      healthChecks: [{ protocol: "HTTP", path: "/", portIndex: 0, intervalSeconds: 2, timeoutSeconds: 2 }],
      deployments: [],
      tasks: this.#tasks.map(({ id, host, port, startedAt }) => ({
        id,
        appId: APP_ID,
        host,
        ports: [port],
        ipAddresses: [{ ipAddress: host, protocol: "IPv4" }],
        state: "TASK_RUNNING",
        startedAt,
        healthCheckResults: [{ taskId: id, alive: true }],
      })),
    };
  }

  /** As Marathon does it: the new one is there before the old one goes. */
  async #move(): Promise<string> {
    const from = this.#tasks[0]?.host;
    const to = this.#nextAgent(from);
    await this.#add(to);
    this.#removeOldest();
    return `a task of ${APP_ID} moves from ${from} to ${to}`;
  }

  async #add(host: string): Promise<void> {
    this.#tasks.push(await DemoTask.start(`shop_web.${++this.#started}`, host));
  }

  #removeOldest(): void {
    const task = this.#tasks.shift();
    if (!task) return;
    task.retire();
    this.#retired.push(task);
  }

  /** The agent with the fewest tasks. */
  #nextAgent(but?: string): string {
    const load = (agent: string) => this.#tasks.filter(({ host }) => host === agent).length;
    const [first = ""] = AGENTS.filter((agent) => agent !== but).sort((a, b) => load(a) - load(b));
    return first;
  }
}

import { type ReadApps, type ServiceOptions, type Services, servicesOf } from "../lb/services.js";
import type { MarathonApp } from "../sources/marathon/app.js";
import type { Resolve } from "./addresses.js";

/** The services of Marathon's apps, with what is known of them from before: results of health checks, and what was read already. */
export class AppServices {
  readonly #options: Omit<ServiceOptions, "resolve" | "lastHealth" | "now">;
  readonly #resolve: Resolve;
  readonly #now: () => number | undefined;
  readonly #read: ReadApps = new WeakMap();
  readonly #lastHealth = new Map<string, boolean>();

  /** @param now milliseconds since the epoch; `undefined` if tasks that are not ready yet serve as well */
  constructor(
    options: Omit<ServiceOptions, "resolve" | "lastHealth" | "now">,
    resolve: Resolve,
    now: () => number | undefined,
  ) {
    this.#options = options;
    this.#resolve = resolve;
    this.#now = now;
  }

  async of(apps: readonly MarathonApp[]): Promise<Services> {
    const hosts = new Set(apps.flatMap(({ tasks }) => tasks.map(({ host }) => host)));
    const addresses = await this.#resolve(hosts);
    this.#forgetTasks(apps);
    const resolve = (host: string) => addresses.get(host);
    return servicesOf(apps, { ...this.#options, resolve, lastHealth: this.#lastHealth, now: this.#now() }, this.#read);
  }

  /** Once half of what is known is of tasks that are gone. */
  #forgetTasks(apps: readonly MarathonApp[]): void {
    const count = apps.reduce((sum, { tasks }) => sum + tasks.length, 0);
    if (this.#lastHealth.size <= 2 * count) return;
    const tasks = new Set(apps.flatMap((app) => app.tasks.map(({ id }) => id)));
    for (const id of this.#lastHealth.keys()) if (!tasks.has(id)) this.#lastHealth.delete(id);
  }
}

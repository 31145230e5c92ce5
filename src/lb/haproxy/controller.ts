import { messageOf } from "../../base/errors.js";
import { FindingLog } from "../../base/finding-log.js";
import type { Logger } from "../../base/log.js";
import type { Timers } from "../../base/timers.js";
import type { Notice, Services } from "../services.js";
import { findBroken } from "./broken.js";
import { conflictNotices } from "./claims.js";
import { HaproxyDriver } from "./driver.js";
import type { DriverEvent, DriverParts } from "./driver-parts.js";
import type { LbMemory } from "./memory.js";
import { LbModel, type ModelOptions, type ModelResult } from "./model.js";
import { LbStats } from "./stats.js";

export interface ControllerParts {
  readonly driver: Omit<DriverParts, "onReport">;
  readonly model: ModelOptions;
  readonly ownPorts: ReadonlySet<number>;
  readonly lingerMs: number;
  readonly memory: LbMemory;
  /** Keeps what has to be known again after a restart. @returns whether that is done */
  readonly remember: (memory: LbMemory) => Promise<boolean>;
  readonly timers: Timers;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** How often ports are tried again at which nobody could listen, and services looked at that linger, in milliseconds. */
const AGAIN_MS = 15_000;

/** From apps to a HAProxy that carries them. */
export class LbController {
  readonly #parts: ControllerParts;
  readonly #model: LbModel;
  readonly #driver: HaproxyDriver;
  readonly #notices: FindingLog<Notice>;
  readonly #failures: FindingLog<string>;
  readonly stats = new LbStats();
  #read: (() => Promise<Services>) | undefined;
  #since: number | undefined;
  #built: ModelResult | undefined;
  #work: Promise<void> = Promise.resolve();
  #isWanted = false;
  /** Whether what has to be known after a restart is written. */
  #isKept = true;
  #cancel: () => void = () => undefined;
  /** Why HAProxy refuses the configuration, where that is no app's fault. */
  #refusal: string | undefined;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#model = new LbModel(parts.model, parts.ownPorts, parts.lingerMs, parts.memory);
    this.#driver = new HaproxyDriver({ ...parts.driver, onReport: (event) => this.#hear(event) });
    const didNot = "HAProxy did not take a command";
    this.#failures = new FindingLog(parts.log, didNot, (failure) => ({ fields: { failure }, text: didNot }));
    this.#notices = new FindingLog(parts.log, "not as it was asked for", ({ appId, text }) => ({
      fields: { app: appId },
      text: `${appId}: ${text}`,
    }));
  }

  get report() {
    const report = this.#driver.report;
    const trouble = report.trouble ?? this.#refusal;
    return { ...report, trouble, built: this.#built, unbindable: this.#model.unbindable };
  }

  start(): void {
    this.#driver.start();
    this.#again();
  }

  #again(): void {
    this.#cancel = this.#parts.timers.after(AGAIN_MS, () => {
      this.#model.tryAgain();
      if (this.#read) this.#rebuild();
      this.#again();
    });
  }

  /**
   * From now on these services are to be carried.
   * @param read them, as often as wanted: where they are may have changed
   * @param since when they became known, in milliseconds of the clock of `timers`
   */
  take(read: () => Promise<Services>, since: number | undefined): void {
    this.#read = read;
    this.#since ??= since;
    this.#rebuild();
  }

  /** What HAProxy carries stays, and goes on working. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#work;
    await this.#driver.stop();
  }

  /** One after another; of those that wait, one is enough. */
  #rebuild(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    const { log } = this.#parts;
    this.#work = this.#work.then(async () => {
      this.#isWanted = false;
      await this.#build().catch((err: unknown) => {
        log.warn({ err }, `HAProxy goes on as it is, as what it should have cannot be found out: ${messageOf(err)}`);
      });
    });
  }

  async #build(): Promise<void> {
    const { timers } = this.#parts;
    const services = await this.#read?.();
    if (!services) return;
    const started = timers.now();
    this.#built = this.#model.build(services, timers.now());
    this.stats.addModel((timers.now() - started) / 1_000);
    this.#tell(services.notices, this.#built);
    this.#driver.want(this.#built.balancer, this.#since);
    this.#since = undefined;
  }

  #tell(notices: readonly Notice[], { refused, conflicts }: ModelResult): void {
    const kept = refused.map(({ appId, index, reason, isKept }) => {
      const end = isKept ? "it goes on as it was" : "it is left out";
      return { appId, text: `its service ${index} is refused, and ${end}: ${reason}` };
    });
    const all = [...kept, ...conflicts.flatMap(conflictNotices), ...notices];
    this.#notices.note(new Map(all.map((notice) => [`${notice.appId} ${notice.text}`, notice])));
  }

  #hear(event: DriverEvent): void {
    const { timers, log } = this.#parts;
    this.stats.note(event, timers.now());
    switch (event.kind) {
      case "applied":
        this.#refusal = undefined;
        if (this.#built && this.#model.accept(this.#built)) this.#isKept = false;
        if (!this.#isKept) this.#work = this.#work.then(() => this.#keep());
        return;
      case "unbindable":
        for (const [port, why] of event.ports) log.warn({ port }, `nobody can listen at port ${port}: ${why}`);
        this.#model.leaveOut(event.ports);
        this.#rebuild();
        return;
      case "refused":
        this.#work = this.#work.then(() => this.#findBroken(event.faults));
        return;
      case "reloaded":
        log.info({ cause: event.cause }, "HAProxy has read its configuration again");
        return;
      case "steps":
        this.#failures.note(new Map(event.failures.map((failure) => [failure, failure])));
        return;
      case "failed":
        return;
    }
  }

  async #keep(): Promise<void> {
    if (!this.#isKept) this.#isKept = await this.#parts.remember(this.#model.memory);
  }

  /** Goes on without those apps for which HAProxy refuses the configuration. */
  async #findBroken(faults: string): Promise<void> {
    const { log } = this.#parts;
    const faultsOf = (apps: ReadonlySet<string>) => this.#driver.faults(this.#model.only(apps).balancer);
    const broken = await findBroken(this.#model.apps, faultsOf);
    if (broken.size === 0) {
      this.#refusal = `HAProxy refuses the configuration, and not for an app: ${faults}`;
      log.warn(
        { faults },
        "HAProxy refuses the configuration, and not for an app: it goes on with the one that it has",
      );
      return;
    }
    this.#model.refuse(new Map(Array.from(broken, ([app, words]) => [app, `HAProxy refuses it: ${words}`])));
    await this.#build();
  }
}

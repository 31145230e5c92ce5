import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { tryToListen } from "../../haproxy/bind.js";
import { HaproxyProcess, type ProcessParts } from "../../haproxy/process.js";
import { type AskHaproxy, askAt, failureOf, isGone, isThere } from "../../haproxy/socket.js";
import { workerIn } from "../../haproxy/table.js";
import { type Actual, type Service, type ServiceAddress, serviceKey } from "../model.js";
import { type Endings, plan, type Step } from "../plan.js";
import type { DataPlane, Refusal, StepFailure } from "../plane.js";
import { isInRange, type Ranges } from "../ranges.js";
import type { LocalRoutes } from "../routes.js";
import { closing, commandsFor, faultOf, type RuntimeStep } from "./commands.js";
import { Reloads } from "./reloads.js";
import { affordableConfig, type HaproxySettings, parseConfig, socketPath } from "./render.js";
import { carryOut, type Work } from "./runtime.js";
import { closedOf, readState, STATE_COMMANDS, servicesOf } from "./state.js";

export interface HaproxyParts extends Omit<ProcessParts, "settings"> {
  readonly settings: HaproxySettings;
  readonly log: Pick<Logger, "warn">;
  readonly ranges: Ranges;
  readonly routes: LocalRoutes;
}

const PROCESS = (runDir: string) =>
  ({ runDir, name: "vips", binary: "haproxy", code: "VIP_PLANE", oldest: [2, 6] }) as const;
const NO_ENDINGS: Endings = { services: new Set(), targets: new Set() };
/** Changes of targets in this time are written together: for 1,000 services that takes a fifth of a second, in which others wait. */
const SAVE_MS = 10_000;

const LOST =
  "somebody has removed HAProxy's socket: another one takes its place, and its connections go on until they end";

/** Virtual addresses by HAProxy: a process of its own, which goes on when this program ends. */
export class HaproxyPlane implements DataPlane {
  readonly name = "haproxy";
  readonly keepsDrained = true;
  readonly changesServicesLater = true;
  readonly mapsLocally = false;
  readonly #parts: HaproxyParts;
  readonly #process: HaproxyProcess;
  readonly #ask: AskHaproxy;
  readonly #reloads: Reloads;
  /** What waits for the next reload, by key: services to come and to go. */
  readonly #coming = new Map<string, Service>();
  readonly #going = new Map<string, ServiceAddress>();
  /** Why services could not come at the last reload, for who asks for them again. */
  readonly #failures = new Map<string, string>();
  /** What it had when it was last looked at, by key. */
  #carried: ReadonlyMap<string, Actual[number]> = new Map();
  #descriptors = Number.POSITIVE_INFINITY;
  #cancelSave: (() => void) | undefined;
  /** What is done to HAProxy is done one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: HaproxyParts) {
    this.#parts = parts;
    this.#process = new HaproxyProcess({ ...parts, settings: PROCESS(parts.settings.runDir) });
    this.#ask = askAt(socketPath(parts.settings));
    this.#reloads = new Reloads(parts.timers, () => this.#alone(() => this.#reload()));
  }

  start(): Promise<void> {
    return this.#alone(async () => {
      await this.#process.requireProgram();
      this.#descriptors = await this.#process.descriptors();
      await this.#state();
    });
  }

  read(): Promise<Actual> {
    return this.#alone(() => this.#state());
  }

  get territory(): string {
    return this.#parts.settings.runDir;
  }

  isAlive(): Promise<boolean> {
    return isThere(socketPath(this.#parts.settings));
  }

  look(): Promise<Actual> {
    return this.#alone(() =>
      this.#look().catch((error) => (isGone(error) ? [] : Promise.reject(failureOf(error, "VIP_PLANE")))),
    );
  }

  /** Never tried while HAProxy reloads: it may be about to listen there. What waits for a reload has been tried, and is again then. */
  async refusal(service: ServiceAddress): Promise<Refusal | undefined> {
    if (this.#coming.has(serviceKey(service))) return undefined;
    const { ranges, routes } = this.#parts;
    const refusal = isInRange(service.address, ranges) ? undefined : await routes.refusal(service.address);
    if (refusal) return refusal;
    return this.#alone(async () => (this.#carried.has(serviceKey(service)) ? undefined : whyNot(service)));
  }

  apply(steps: readonly Step[]): Promise<readonly StepFailure[]> {
    return this.#alone(() => this.#apply(steps));
  }

  clear(): Promise<void> {
    this.#letGo();
    return this.#alone(() => this.#process.end());
  }

  async stop(): Promise<void> {
    const isUnsaved = this.#cancelSave !== undefined;
    this.#letGo();
    await this.#alone(() => (isUnsaved ? this.#save() : Promise.resolve()));
  }

  #letGo(): void {
    this.#reloads.stop();
    this.#cancelSave?.();
    this.#cancelSave = undefined;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** What stands. Where HAProxy is gone, it is started with what it last had. */
  async #state(): Promise<Actual> {
    try {
      return await this.#look();
    } catch (error) {
      if (!isGone(error)) throw failureOf(error, "VIP_PLANE");
    }
    await this.#revive();
    return this.#look().catch((error) => Promise.reject(failureOf(error, "VIP_PLANE")));
  }

  async #look(): Promise<Actual> {
    const [servers = "", stat = ""] = await this.#ask(STATE_COMMANDS);
    const actual = readState(servers, stat);
    this.#carried = new Map(actual.map((service) => [serviceKey(service), service]));
    return actual;
  }

  /**
   * One address that cannot be had would keep it from starting at all, so those are left out. One that runs and has lost its socket has to
   * go first: a second one beside it would get no address, and nobody would ever change the first one again.
   */
  async #revive(): Promise<void> {
    const saved = await this.#lastKnown();
    await this.#process.write(this.#render(await this.#bindable(saved)));
    await this.#process.start();
    await this.#process.until("answer after its start", async () => (await this.#look()) !== undefined);
    await this.#close(saved.filter((service) => this.#carried.has(serviceKey(service))));
  }

  async #lastKnown(): Promise<readonly Service[]> {
    const saved = parseConfig(await this.#process.config());
    if (!(await this.#process.retire())) return saved;
    const services = this.#carried.size > 0 ? servicesOf([...this.#carried.values()]) : saved;
    this.#parts.log.warn({}, LOST);
    const [first] = services;
    if (first) await this.#process.until("let go of its addresses", async () => !(await whyNot(first)));
    return services;
  }

  async #apply(steps: readonly Step[]): Promise<readonly StepFailure[]> {
    const failures: StepFailure[] = [];
    const fail = (step: Step, reason: string) => void failures.push({ step, reason });
    const standing = new Map<string, Actual[number]>();
    // What waits for a reload does not stand.
    if (steps.some(({ kind, service }) => kind === "add-service" && !this.#coming.has(serviceKey(service))))
      for (const service of await this.#state()) standing.set(serviceKey(service), service);
    const work: Work[] = [];
    for (const step of steps) {
      const fault = faultOf(step);
      if (fault === undefined) work.push(...this.#workOf(step, standing, fail));
      else fail(step, fault);
    }
    if (work.length > 0) await this.#do(work, fail);
    if (this.#coming.size > 0 || this.#going.size > 0) this.#reloads.want();
    return failures;
  }

  /** What can be done at once. What needs a reload is remembered for that. */
  #workOf(
    step: Step,
    standing: ReadonlyMap<string, Actual[number]>,
    fail: (step: Step, reason: string) => void,
  ): readonly Work[] {
    const key = serviceKey(step.service);
    if (step.kind === "remove-service") {
      this.#coming.delete(key);
      this.#going.set(key, step.service);
      return [{ asked: step, commands: [closing(step.service)] }];
    }
    this.#going.delete(key);
    const is = standing.get(key);
    if (step.kind === "add-service" && is) {
      const changes = plan([step.service], [is], NO_ENDINGS) as readonly RuntimeStep[];
      return changes.map((change) => ({ asked: step, commands: commandsFor(change) }));
    }
    if (step.kind === "add-service" || this.#coming.has(key)) {
      const failure = this.#failures.get(key);
      if (failure !== undefined) fail(step, failure);
      this.#coming.set(key, step.service);
      return [];
    }
    return [{ asked: step, commands: commandsFor(step) }];
  }

  async #do(work: readonly Work[], fail: (step: Step, reason: string) => void): Promise<void> {
    await carryOut(work, { ask: (commands) => this.#say(commands), wait: (ms) => this.#process.wait(ms), fail });
    this.#cancelSave ??= this.#parts.timers.after(SAVE_MS, () => void this.#alone(() => this.#save()));
  }

  /** Writes what stands, for a start after HAProxy or the machine has died. Nothing reads it before. */
  async #save(): Promise<void> {
    this.#cancelSave = undefined;
    try {
      await this.#process.write(this.#render(servicesOf(await this.#look())));
    } catch (error) {
      this.#parts.log.warn({ err: error }, `what HAProxy carries is not saved: ${messageOf(error)}`);
    }
  }

  /** @returns whether it worked, or there was nothing to do */
  async #reload(): Promise<boolean> {
    const coming = [...this.#coming.values()];
    this.#failures.clear();
    try {
      const standing = servicesOf(await this.#state()).filter((service) => !this.#going.has(serviceKey(service)));
      const known = new Set(standing.map(serviceKey));
      const more = await this.#bindable(coming.filter((service) => !known.has(serviceKey(service))));
      const services = [...standing, ...more];
      if (more.length > 0 || this.#going.size > 0) await this.#change(services);
      this.#going.clear();
      return true;
    } catch (error) {
      for (const service of coming) this.#failures.set(serviceKey(service), messageOf(error));
      this.#parts.log.warn({ err: error }, `HAProxy goes on with the services that it has: ${messageOf(error)}`);
      return false;
    } finally {
      this.#coming.clear();
    }
  }

  async #change(services: readonly Service[]): Promise<void> {
    const before = await this.#process.config();
    try {
      await this.#process.write(this.#render(services));
      const faults = await this.#process.faults();
      if (faults !== undefined) throw new MesosDnsError("VIP_PLANE", `haproxy refuses its configuration: ${faults}`);
      const worker = await this.#worker();
      await this.#process.reload();
      await this.#process.until("take its new configuration", async () => (await this.#worker()) !== worker);
      await this.#process.until("take its new configuration", async () => {
        const { length } = await this.#look();
        return length === services.length && services.every((service) => this.#carried.has(serviceKey(service)));
      });
    } catch (error) {
      await this.#process.write(before);
      throw error;
    }
    await this.#close(services);
  }

  async #worker(): Promise<number | undefined> {
    const [info = ""] = await this.#ask(["show info"]);
    return workerIn(info);
  }

  async #close(services: readonly Service[]): Promise<void> {
    const closed = closedOf(services);
    if (closed.length > 0) await this.#say(closed.map(closing));
  }

  async #bindable(services: readonly Service[]): Promise<readonly Service[]> {
    const able: Service[] = [];
    for (const service of services) {
      const refusal = await whyNot(service);
      if (refusal === undefined) able.push(service);
      else this.#failures.set(serviceKey(service), refusal.detail);
    }
    return able;
  }

  #render(services: readonly Service[]): string {
    return affordableConfig(services, this.#parts.settings, this.#descriptors);
  }

  #say(commands: readonly string[]): Promise<readonly string[]> {
    return this.#ask(commands).catch((error) => Promise.reject(failureOf(error, "VIP_PLANE")));
  }
}

/** Why it cannot listen there; `undefined` if it can. */
async function whyNot({ address: host, port, protocol }: ServiceAddress): Promise<Refusal | undefined> {
  if (protocol === "tcp") return tryToListen({ host, port });
  return { reason: "udp", detail: "HAProxy does not carry UDP; the nftables plane does" };
}

import { MesosDnsError, messageOf } from "../base/errors.js";
import type { JsonObject } from "../base/lenient.js";
import { delay, type Timers } from "../base/timers.js";
import { courseOf } from "../lb/deploy/course.js";
import { type Decision, decide, healthy, underWay } from "../lb/deploy/decide.js";
import { type Definition, withoutNulls } from "../lb/deploy/definition.js";
import { ofGroup } from "../lb/deploy/task-servers.js";
import type { ToldApp } from "../sources/marathon/writer.js";
import type { Answers } from "./balancers.js";

/** The part of a Marathon that a deployment changes. */
export interface DeployMarathon {
  app(id: string): Promise<ToldApp>;
  create(app: Definition): Promise<void>;
  scale(id: string, instances: number): Promise<void>;
  kill(ids: readonly string[]): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface DeploymentParts {
  readonly marathon: DeployMarathon;
  readonly balancers: { ask(): Promise<Answers> };
  readonly timers: Timers;
  /** Whether a person, or a flag, lets it be done. */
  readonly mayGoOn: (question: string) => Promise<boolean>;
  /** Called before tasks are killed. Rejects if they are not to be. */
  readonly beforeKill: (oldApp: JsonObject, tasks: readonly string[], newApp: JsonObject) => Promise<void>;
  /** For people. */
  readonly tell: (text: string) => void;
  /** Between two looks, in milliseconds. */
  readonly stepDelayMs: number;
  /** How long something may take until connections are not waited for any more, and anything else counts as stuck. */
  readonly maxWaitMs: number;
  readonly linear: number;
  /** Whether a mix of both versions is to end. */
  readonly isCompleting: boolean;
}

interface Pair {
  readonly newApp: ToldApp;
  readonly oldApp: ToldApp;
}

/** What is seen at one look. */
interface Look extends Pair {
  readonly decision: Decision;
}

/** Has a new version take over from an old one. */
export class Deployment {
  readonly #parts: DeploymentParts;
  /** Since when nothing has got better. */
  #since = 0;
  /** What was best since then: of instances of the new version that are well. */
  #best = 0;
  #isBalancing = false;
  #told = "";

  constructor(parts: DeploymentParts) {
    this.#parts = parts;
  }

  /** Rejects with MesosDnsError LB_DEPLOY_CREATE. */
  async create(app: Definition): Promise<void> {
    await this.#attempt("LB_DEPLOY_CREATE", `${app.id} is not created`, (marathon) => marathon.create(app));
  }

  /** @returns whether it was let go on to its end. Rejects with a MesosDnsError that says what it has come to a halt at. */
  async swap(newId: string, oldId: string): Promise<boolean> {
    this.#begin();
    for (;;) {
      const look = await this.#look(newId, oldId);
      switch (look?.decision.kind) {
        case "done":
          this.#tell(
            `both versions stay: ${look.newApp.app.instances} new and ${look.oldApp.app.instances} old instances`,
          );
          return true;
        case "delete":
          return this.#remove(oldId);
        case "step":
          if (!(await this.#step(look, look.decision.kill, look.decision.scaleTo))) return false;
          this.#begin();
      }
      await delay(this.#parts.timers, this.#parts.stepDelayMs).elapsed;
    }
  }

  #begin(): void {
    this.#since = this.#parts.timers.now();
    this.#best = 0;
    this.#isBalancing = false;
  }

  get #isLate(): boolean {
    return this.#parts.timers.now() - this.#since >= this.#parts.maxWaitMs;
  }

  /** `undefined` if it cannot be seen just now. */
  async #look(newId: string, oldId: string): Promise<Look | undefined> {
    try {
      const look = await this.#see(newId, oldId);
      if (look.decision.kind !== "wait") return look;
      this.#tell(look.decision.why);
      if (this.#isLate) throw this.#stuck(look.decision.why);
      return look;
    } catch (error) {
      const isOver = !(error instanceof MesosDnsError) || error.code === "LB_DEPLOY_STUCK" || this.#isLate;
      if (isOver) throw error;
      this.#tell(messageOf(error));
      return undefined;
    }
  }

  async #see(newId: string, oldId: string): Promise<Look> {
    const { marathon, balancers, linear, isCompleting } = this.#parts;
    const [newApp, oldApp] = await Promise.all([marathon.app(newId), marathon.app(oldId)]);
    const busy = underWay(newApp.app, oldApp.app);
    this.#noteProgress(healthy(newApp.app), busy === undefined);
    if (busy !== undefined) return { newApp, oldApp, decision: { kind: "wait", why: busy } };
    const answers = await balancers.ask();
    if ("reloading" in answers) {
      if (this.#isLate) throw new MesosDnsError("LB_DEPLOY_BALANCER", `${answers.reloading} all the time`);
      return { newApp, oldApp, decision: { kind: "wait", why: answers.reloading } };
    }
    const decision = decide({
      newApp: newApp.app,
      oldApp: oldApp.app,
      balancers: ofGroup(answers.stats, [newApp.app, oldApp.app]),
      course: courseOf(newApp.app, isCompleting),
      linear,
      isLate: this.#isLate,
    });
    return { newApp, oldApp, decision };
  }

  /**
   * The load balancers' time begins when Marathon is done; and where instances become well one after another, each may take its time.
   * @param isBalancing whether what is waited for is the load balancers' to do
   */
  #noteProgress(well: number, isBalancing: boolean): void {
    const isNext = isBalancing && !this.#isBalancing;
    if (isNext || well > this.#best) this.#since = this.#parts.timers.now();
    this.#best = Math.max(this.#best, well);
    this.#isBalancing = isBalancing;
  }

  async #step({ newApp, oldApp }: Pair, kill: readonly string[], scaleTo: number | undefined): Promise<boolean> {
    const { id } = newApp.app;
    if (kill.length > 0) {
      await this.#parts.beforeKill(tidy(oldApp), kill, tidy(newApp));
      this.#tell(`drained instances of ${oldApp.app.id} are to be killed: ${kill.join(", ")}`);
      if (!(await this.#parts.mayGoOn("Continue?"))) return false;
      await this.#attempt("LB_DEPLOY_SCALE", `${oldApp.app.id} is not scaled down`, (marathon) => marathon.kill(kill));
    }
    if (scaleTo === undefined) return true;
    this.#tell(`scaling ${id} to ${scaleTo} instances`);
    await this.#attempt("LB_DEPLOY_SCALE", `${id} is not scaled up`, (marathon) => marathon.scale(id, scaleTo));
    return true;
  }

  async #remove(id: string): Promise<boolean> {
    this.#tell(`${id} is to be deleted: it has nothing to do any more`);
    if (!(await this.#parts.mayGoOn("Continue?"))) return false;
    await this.#attempt("LB_DEPLOY_DELETE", `${id} is not deleted`, (marathon) => marathon.remove(id));
    return true;
  }

  async #attempt(
    code: "LB_DEPLOY_CREATE" | "LB_DEPLOY_SCALE" | "LB_DEPLOY_DELETE",
    what: string,
    act: (marathon: DeployMarathon) => Promise<void>,
  ): Promise<void> {
    try {
      await act(this.#parts.marathon);
    } catch (error) {
      throw new MesosDnsError(code, `${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  #stuck(why: string): MesosDnsError {
    const seconds = this.#parts.maxWaitMs / 1_000;
    return new MesosDnsError("LB_DEPLOY_STUCK", `for ${seconds} s nothing has got better: ${why}`);
  }

  /** What is the same as before has been told. */
  #tell(text: string): void {
    if (text !== this.#told) this.#parts.tell(text);
    this.#told = text;
  }
}

function tidy({ told }: ToldApp): JsonObject {
  return withoutNulls(told) as JsonObject;
}

/** `mesos-dns lb deploy`: a new version of an app in the place of the old one, with clients served all the time. */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { MesosDnsError, messageOf } from "../base/errors.js";
import type { JsonObject } from "../base/lenient.js";
import { printable } from "../base/printable.js";
import { runCommand } from "../base/run-command.js";
import { systemTimers } from "../base/timers.js";
import type { MarathonSetting } from "../config/lb.js";
import { type Definition, readDefinition } from "../lb/deploy/definition.js";
import { type Plan, planOf } from "../lb/deploy/plan.js";
import { checkMix, prepare } from "../lb/deploy/prepare.js";
import type { Environment } from "../sources/marathon/login.js";
import { MarathonWriter } from "../sources/marathon/writer.js";
import { Balancers } from "./balancers.js";
import { Deployment } from "./deployment.js";
import { Prompt } from "./prompt.js";

export interface DeployOptions {
  readonly marathon: MarathonSetting;
  readonly env: Environment;
  /** Where the load balancers tell of themselves. */
  readonly balancers: URL;
  readonly appFile: string;
  readonly isDryRun: boolean;
  /** Whether nobody is asked before something is done. */
  readonly isForced: boolean;
  readonly isResumed: boolean;
  readonly completes: "current" | "previous" | undefined;
  readonly initialInstances: number;
  readonly newInstances: number;
  /** By how many instances to grow each time; 0: by half. */
  readonly linear: number;
  readonly stepDelayMs: number;
  readonly maxWaitMs: number;
  /** A program that is called before tasks are killed. */
  readonly hook: string | undefined;
}

/** @returns whether it was let go on to its end. Rejects with a MesosDnsError. */
export async function runDeployment(options: DeployOptions): Promise<boolean> {
  const definition = readDefinition(readAppFile(options.appFile));
  const parts = { timers: systemTimers, wallClock: Date.now, env: options.env };
  const marathon = new MarathonWriter(options.marathon, parts);
  const prompt = new Prompt();
  const balancers = new Balancers(options.balancers, (host) => lookup(host, { all: true }));
  const mayGoOn = async (question: string) => options.isForced || prompt.mayGoOn(question);
  try {
    const apps = (await marathon.apps()).map(({ app }) => app);
    const plan = planOf(definition, apps, options);
    return await carryOut(definition, plan, { marathon, balancers, mayGoOn }, options);
  } finally {
    prompt.close();
    await marathon.close();
  }
}

interface Means {
  readonly marathon: MarathonWriter;
  readonly balancers: Balancers;
  readonly mayGoOn: (question: string) => Promise<boolean>;
}

async function carryOut(definition: Definition, plan: Plan, means: Means, options: DeployOptions): Promise<boolean> {
  const deployment = deploymentOf(options, means);
  if (plan.kind === "swap") {
    tell(`${plan.newApp.id} is to take over from ${plan.oldApp.id}`);
    return options.isDryRun || deployment.swap(plan.newApp.id, plan.oldApp.id);
  }
  const { last } = plan;
  if (last && options.newInstances > 0) checkMix(last);
  const app = prepare(definition, last, { ...options, now: Date.now() });
  process.stdout.write(`${JSON.stringify(sorted(app), undefined, 2)}\n`);
  if (options.isDryRun) return true;
  // Better before there is a second version than with two of them.
  if (last) await means.balancers.ask();
  if (!(await means.mayGoOn("Continue with the deployment?"))) return false;
  await deployment.create(app);
  return last === undefined || deployment.swap(String(app.id), last.id);
}

function deploymentOf(options: DeployOptions, means: Means): Deployment {
  const { completes, hook, linear, stepDelayMs, maxWaitMs } = options;
  return new Deployment({
    ...means,
    timers: systemTimers,
    beforeKill: async (...args) => {
      if (hook !== undefined) await callHook(hook, args, maxWaitMs);
    },
    tell,
    stepDelayMs,
    maxWaitMs,
    linear,
    isCompleting: completes !== undefined,
  });
}

function readAppFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read ${file}, which --json names: ${messageOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MesosDnsError("LB_DEPLOY_APP", `${file} is no JSON: ${messageOf(error)}`);
  }
}

/** Without a shell. @param args each as JSON: the old app, ids of tasks, the new app */
async function callHook(
  hook: string,
  args: readonly (JsonObject | readonly string[])[],
  limitMs: number,
): Promise<void> {
  tell(`calling ${hook}`);
  const words = args.map((value) => JSON.stringify(value));
  const result = await runCommand(hook, words, "", limitMs).catch((error: unknown) => {
    throw new MesosDnsError("LB_DEPLOY_HOOK", `--pre-kill-hook: ${messageOf(error)}`, { cause: error });
  });
  for (const line of `${result.stdout}${result.stderr}`.split("\n")) if (line !== "") tell(line);
  if (result.code === 0) return;
  throw new MesosDnsError("LB_DEPLOY_HOOK", `${hook} ended with ${result.code ?? "a signal"}: nothing is killed`);
}

/** With the members of each object by name, so that two can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}

function tell(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** What HAProxy answers to commands. */
import type { Step } from "./steps.js";

const SUCCESS = /^(?:new server registered\.?|server deleted\.?|(?:IP|port|no need to) chang.*)?$/iu;
const MISSING = /^no such (?:server|backend)\.?$/iu;
const BUSY = /still has (?:connections|streams)/iu;

export interface Outcome {
  /** Steps that are done, or whose end has come about otherwise. */
  readonly done: readonly Step[];
  /** In HAProxy's words. */
  readonly failures: readonly string[];
}

/** @param answers to the commands of the steps, in their order */
export function outcomeOf(
  steps: readonly { readonly step: Step; readonly commands: readonly string[] }[],
  answers: readonly string[],
): Outcome {
  const done: Step[] = [];
  const failures: string[] = [];
  let at = 0;
  for (const { step, commands } of steps) {
    const these = answers.slice(at, at + commands.length).map((answer) => answer.trim());
    at += commands.length;
    const wrong = these.find((answer) => !SUCCESS.test(answer) && !isOver(step, answer));
    if (wrong === undefined) done.push(step);
    // Its last connections are being closed: it is tried again.
    else if (!BUSY.test(wrong)) failures.push(`${commands[0]}: ${wrong}`);
  }
  return { done, failures };
}

/** Whether what a step takes away has gone already, as a reload forgets servers. */
function isOver({ kind }: Step, answer: string): boolean {
  return (kind === "maintenance" || kind === "delete-server") && MISSING.test(answer);
}

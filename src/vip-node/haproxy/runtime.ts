import type { AskHaproxy } from "../../haproxy/socket.js";
import type { Step } from "../plan.js";
import { failureIn, isBusy, isOver } from "./commands.js";

const STEP_MS = 20;
/** How long the connections of a server take to be cut. */
const MAX_BUSY_TRIES = 50;

/** The commands that a step takes, and the step that asked for them. */
export interface Work {
  readonly asked: Step;
  readonly commands: readonly string[];
}

export interface WorkParts {
  readonly ask: AskHaproxy;
  readonly wait: (ms: number) => Promise<void>;
  readonly fail: (step: Step, reason: string) => void;
}

/** Gives HAProxy commands, all in one session; those that come too early, as connections are still being cut, again and again. */
export async function carryOut(work: readonly Work[], { ask, wait, fail }: WorkParts): Promise<void> {
  const answers = await ask(work.flatMap(({ commands }) => commands));
  let at = 0;
  for (const { asked, commands } of work) {
    const these = answers.slice(at, at + commands.length);
    at += commands.length;
    const last = commands.at(-1) ?? "";
    for (let tries = 0; isBusy(these.at(-1) ?? "") && tries < MAX_BUSY_TRIES; tries++) {
      await wait(STEP_MS);
      these.splice(-1, 1, ...(await ask([last])));
    }
    const reason = these.map(failureIn).find((failure) => failure !== undefined);
    if (reason !== undefined && !isOver(asked, reason)) fail(asked, `${commands.join("; ")}: ${reason}`);
  }
}

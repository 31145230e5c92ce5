import { explainAddress } from "./address.js";
import type { ExplainBasis } from "./basis.js";
import { calledSo } from "./called.js";
import { type Finding, finding } from "./finding.js";
import { explainName } from "./name.js";
import { readQuestion } from "./question.js";
import { explainTask } from "./task.js";
import { shown } from "./words.js";

export const NOT_READY = finding(
  "not_ready",
  "No state of a master has been read yet, so nothing is known of the cluster; /readyz says why.",
);

/** What the zones have to say of a name, the id of a task, or an address. Pauses now and then, as a large cluster takes seconds. */
export function* explain(text: string, basis: ExplainBasis): Generator<undefined, readonly Finding[]> {
  const question = readQuestion(text);
  const { name, address } = question;
  if (address) return yield* explainAddress(address, basis);
  const tasks = explainTask(question.text, basis);
  const names = name === undefined ? [] : yield* explainName(name, basis);
  // Ids of tasks look like names: what is no task, and no name of the zones, may be either.
  if (tasks.length > 0) return names.some(({ reason }) => reason === "records") ? [...tasks, ...names] : tasks;
  const called = calledSo(question.text, basis);
  if (called.length > 0) return [...called, ...names];
  const isElsewhere = names.length === 0;
  const text_ = `No running task has the id ${shown(question.text)}. Only tasks in TASK_RUNNING have names: one that is starting, is being killed or has ended has none.`;
  return isElsewhere ? [finding("not_running", text_)] : names;
}

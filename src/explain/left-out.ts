import type { Framework, Task } from "../sources/mesos/cluster.js";
import { namingRulesOf } from "../views/mesos-dns/rules.js";
import { FrameworkNames } from "../views/mesos-dns/shared-names.js";
import type { ExplainBasis } from "./basis.js";
import { atMost, type Finding, finding } from "./finding.js";
import type { Traced } from "./trace.js";
import { counted, describeTask, quoted, shown, upper } from "./words.js";

/** Tasks and frameworks that would have this name if they were not left out. */
export function leftOutUnder(name: string, { problems }: Traced, basis: ExplainBasis): readonly Finding[] {
  const left = problems.flatMap(({ piece, problem }) => {
    if (piece.kind === "framework" && isOf(name, piece.framework, basis)) {
      return finding(
        problem.reason,
        `Framework ${quoted(piece.framework.name)} has no address of its own: ${shown(problem.detail)}.`,
      );
    }
    if (piece.kind !== "task" || !wouldHave(name, piece.framework, piece.task, basis)) return [];
    const who = describeTask(basis.facts, piece.framework, piece.task);
    return finding(problem.reason, `${upper(who)} would give it records, and is left out: ${shown(problem.detail)}.`);
  });
  const killing = basis.facts.cluster.frameworks.flatMap((framework) =>
    (framework.killing ?? [])
      .filter((task) => wouldHave(name, framework, task, basis))
      .map((task) =>
        finding("killing", `The ${describeTask(basis.facts, framework, task)} had this name: it is in TASK_KILLING.`),
      ),
  );
  return [...atMost(left, "tasks"), ...atMost(killing, "tasks")];
}

function namesOf(framework: Framework, { config }: ExplainBasis): FrameworkNames {
  return new FrameworkNames(framework.name, namingRulesOf(config));
}

function isOf(name: string, framework: Framework, basis: ExplainBasis): boolean {
  const { own } = namesOf(framework, basis);
  return own.length > basis.config.domain.length + 1 && own === name;
}

/** Whether the name is one of those that a task shares, or a service's below it. */
function wouldHave(name: string, framework: Framework, task: Task, basis: ExplainBasis): boolean {
  const of = namesOf(framework, basis);
  return of.spellings(task).some(({ own, host, name: label }) => {
    const services = ["tcp", "udp"].flatMap((protocol) => [
      `_${label}._${protocol}.${of.own}`,
      `_${label}._${protocol}.${of.host}`,
    ]);
    return own === name || host === name || services.includes(name);
  });
}

/** Which framework the name is below, and what that has. */
export function aroundOf(name: string, basis: ExplainBasis): readonly Finding[] {
  const { facts, config } = basis;
  if (!name.endsWith(`.${config.domain}`)) return [];
  const frameworks = facts.cluster.frameworks.map((framework) => ({ framework, of: namesOf(framework, basis) }));
  const here = frameworks.filter(({ of }) => name.endsWith(`.${of.own}`) || name.endsWith(`.${of.host}`));
  if (here.length > 0) {
    return here.map(({ framework }) => {
      const count = counted(framework.tasks.length, "running task");
      return finding("no_such_name", `Framework ${quoted(framework.name)} has ${count}, and none of this name.`);
    });
  }
  const known = frameworks.map(({ framework }) => quoted(framework.name));
  const some = known.slice(0, 8).join(", ");
  const text =
    known.length === 0
      ? "There is no framework."
      : `No framework has names there. There ${known.length === 1 ? "is" : "are"}: ${some}${known.length > 8 ? ", …" : ""}.`;
  return [finding("no_such_name", text)];
}

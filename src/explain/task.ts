import { DCOS_ZONE } from "../config/dcos-zone.js";
import type { Framework, Task } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "../views/facts.js";
import { isStandby, namingRulesOf } from "../views/mesos-dns/rules.js";
import { toLabel } from "../wire/labels.js";
import { typeName } from "../wire/protocol.js";
import type { ExplainBasis } from "./basis.js";
import { atMost, type Finding, finding } from "./finding.js";
import { type Found, Trace } from "./trace.js";
import { describeTask, listed, quoted, shown, upper } from "./words.js";

/** What is known of the tasks with this id: they are unique within their framework alone. */
export function explainTask(id: string, basis: ExplainBasis): readonly Finding[] {
  const { frameworks } = basis.facts.cluster;
  const running = frameworks.flatMap((framework) =>
    framework.tasks.filter((task) => task.id === id).flatMap((task) => explainRunning(framework, task, basis)),
  );
  const killing = frameworks.flatMap((framework) =>
    (framework.killing ?? [])
      .filter((task) => task.id === id)
      .map((task) =>
        finding(
          "killing",
          `${upper(describeTask(basis.facts, framework, task))} is in TASK_KILLING: its names are gone already.`,
        ),
      ),
  );
  return [...running, ...killing, ...leftOut(id, basis)];
}

/** What is left out under this id, as the state's reader says. */
function leftOut(id: string, { skipped }: ExplainBasis): readonly Finding[] {
  const own = skipped.filter((each) => each.id === id && each.reason === "malformed");
  return own.map(({ kind, reason, detail }) =>
    finding(reason, `The ${kind} ${shown(id)} is left out, as it is not as Mesos writes it: ${shown(detail)}.`),
  );
}

function explainRunning(framework: Framework, task: Task, basis: ExplainBasis): readonly Finding[] {
  const { facts, config } = basis;
  const trace = new Trace(facts, config);
  trace.task(framework, task);
  const problems = trace.problems.map(({ problem }) =>
    finding(problem.reason, `It is left out: ${shown(problem.detail)}.`),
  );
  return [
    finding("task", `${upper(describeTask(facts, framework, task))} is in TASK_RUNNING.`),
    ...heldOf(framework, task, basis),
    ...labelsOf(task, basis),
    ...addressesOf(task, basis),
    ...problems,
    ...healthOf(task, trace.found, basis),
    ...namesOf(trace.found, basis),
    ...hiddenOf(trace.found, basis),
  ];
}

export function heldOf(framework: Framework, task: Task, { isReported }: ExplainBasis): readonly Finding[] {
  if (isReported(framework.id, task.id) !== false) return [];
  const text = `The leading master does not report task ${shown(task.id)}. It is served as it was, until the master has heard of its agent and framework, or failoverGrace is over.`;
  return [finding("held", text)];
}

/** How its name becomes a label, where that is not plain. */
function labelsOf({ name, discovery }: Task, { config }: ExplainBasis): readonly Finding[] {
  const { labels } = namingRulesOf(config);
  const published = discovery?.name ?? name;
  const label = toLabel(published, labels);
  const taken = discovery
    ? [finding("label", `Its discovery name ${quoted(published)} takes the place of its name ${quoted(name)}.`)]
    : [];
  const isWritten = discovery !== undefined && published.toLowerCase() !== label;
  if (published === label) return taken;
  const why = label === "" ? "has no letter or digit that a label could have" : `becomes the label ${label}`;
  const rules = config.enforceRFC952 ? ", by the rules of enforceRFC952" : "";
  const also = isWritten && !published.split(".").includes("*") ? " It is published as it is written, too." : "";
  const star = isWritten && published.split(".").includes("*");
  return [
    ...taken,
    finding("label", `${quoted(published)} ${why}${rules}.${also}`),
    ...(star
      ? [finding("wildcard_label", `It is not published as it is written: a label * would be a wildcard.`)]
      : []),
  ];
}

/** Which source its addresses come from. */
export function addressesOf(task: Task, { facts, config }: Pick<ExplainBasis, "facts" | "config">): readonly Finding[] {
  const addresses = facts.addressesOfTask(task);
  if (!addresses) return [];
  const texts = config.IPSources.map((source) => {
    const found = source === "host" ? addresses.host : facts.parse(task.addresses[source] ?? []);
    return { source, texts: found.map(({ text }) => text) };
  });
  const chosen = texts.find((each) => each.texts.length > 0);
  const each = texts.map(({ source, texts: of }) => `${source} has ${of.length > 0 ? listed(of) : "none"}`);
  const end = chosen ? `so its addresses are those of ${chosen.source}` : "so it has none of its own";
  return [
    finding(
      "address",
      `Of IPSources, ${each.join(", ")}: ${end}. Names below slave have the agent's: ${textOf(facts, task)}.`,
    ),
  ];
}

function textOf(facts: ClusterFacts, task: Task): string {
  const { host = [] } = facts.addressesOfTask(task) ?? {};
  return host.length > 0 ? listed(host.map(({ text }) => text)) : "it has none that is known";
}

function healthOf(task: Task, found: readonly Found[], basis: ExplainBasis): readonly Finding[] {
  if (task.unhealthy !== true) return [];
  if (!isStandby(task, basis.config)) {
    return [finding("unhealthy", "Its health checks fail. It is published all the same, as healthPolicy is ignore.")];
  }
  const shared = [...new Set(found.filter(({ isStandby: on }) => on).map(({ name }) => name))];
  const out = shared.filter((name) => isOmitted(name, basis));
  const kept = shared.filter((name) => !isOmitted(name, basis));
  const texts = [
    out.length > 0 ? `it is left out of ${listed(out.map(shown))}, where others are healthy` : "",
    kept.length > 0 ? `it counts for ${listed(kept.map(shown))}, where no other one is healthy` : "",
  ].filter((text) => text !== "");
  return [finding("unhealthy", `Its health checks fail, and healthPolicy is omitUnhealthy: ${texts.join("; ")}.`)];
}

/** Whether a name's records on standby are not published. */
export function isOmitted(name: string, { config, omitsStandby }: ExplainBasis): boolean {
  return omitsStandby(zoneOf(name, config.domain), name);
}

/** Of the zones with records of tasks, the one that a name is in. */
function zoneOf(name: string, domain: string): string {
  return name.endsWith(`.${domain}`) ? domain : DCOS_ZONE;
}

function namesOf(found: readonly Found[], basis: ExplainBasis): readonly Finding[] {
  const served = found.filter(({ name, isStandby: on }) => !on || !isOmitted(name, basis));
  const lines = [...new Set(served.map(({ name, type, value }) => `${name} has ${type} ${value} from it.`))];
  return atMost(
    lines.map((line) => finding("names", line)),
    "records",
  );
}

/** Which of its names the operator's own records hide. */
export function hiddenOf(found: readonly Pick<Found, "name">[], { hiddenTypes }: ExplainBasis): readonly Finding[] {
  return [...new Set(found.map(({ name }) => name))].flatMap((name) => {
    const types = hiddenTypes(name).map(typeName);
    if (types.length === 0) return [];
    return finding(
      "hidden",
      `A record of the configuration hides what the cluster gives ${shown(name)}: ${listed(types)}.`,
    );
  });
}

import type { ClusterFacts } from "../views/facts.js";
import { namingRulesOf } from "../views/mesos-dns/rules.js";
import { FrameworkNames } from "../views/mesos-dns/shared-names.js";
import type { ExplainBasis } from "./basis.js";
import { atMost, type Finding, finding } from "./finding.js";
import { counted, describeAgent, quoted, shown } from "./words.js";

/** Services, frameworks and agents that Mesos calls so, with the names that they have in DNS. */
export function calledSo(text: string, { facts, config }: ExplainBasis): readonly Finding[] {
  const rules = namingRulesOf(config);
  const wanted = text.toLowerCase();
  const found = facts.cluster.frameworks.flatMap((framework) => {
    const names = new FrameworkNames(framework.name, rules);
    const tasks = framework.tasks.filter(({ name, discovery }) => (discovery?.name ?? name).toLowerCase() === wanted);
    const lead = tasks[0] ? ` Ask for ${shown(names.spellings(tasks[0])[0].own)}.` : "";
    const is = tasks.length === 1 ? "is" : "are";
    const service = `${counted(tasks.length, "running task")} of framework ${quoted(framework.name)} ${is} called ${quoted(text)}.${lead}`;
    const itself = `A framework is called ${quoted(text)}, with ${counted(framework.tasks.length, "running task")}: their names end with ${shown(names.own)}.`;
    return [
      ...(tasks.length > 0 ? [finding("called", service)] : []),
      ...(framework.name.toLowerCase() === wanted ? [finding("called", itself)] : []),
    ];
  });
  return [...atMost(found, "frameworks"), ...atMost(agentsCalled(wanted, facts), "agents")];
}

function agentsCalled(wanted: string, facts: ClusterFacts): readonly Finding[] {
  const agents = [...facts.cluster.agents.values()].filter(({ id, hostname }) => {
    return hostname.toLowerCase() === wanted || id.toLowerCase() === wanted;
  });
  return agents.map((agent) => {
    const addresses = facts.resolve(agent.endpoint.host).map(({ text }) => text);
    const ask = addresses[0] ? ` Ask for ${addresses[0]}.` : "";
    return finding("called", `This is ${describeAgent(agent)}.${ask}`);
  });
}

import { useState } from "preact/hooks";
import type { AgentRow } from "../../console/model.js";
import { plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, Missing, Page, Section, Status } from "../parts/basics.js";
import { Explanation } from "../parts/explain.js";
import { FactsOff, Labels } from "../parts/labels.js";
import { ListPage } from "../parts/list-page.js";
import { LongTable } from "../parts/long-table.js";
import type { Column } from "../parts/table.js";
import { linkTo, queryOf } from "../route.js";
import { TASK_COLUMNS, taskKeyOf } from "./tasks.js";

const COLUMNS: readonly Column<AgentRow>[] = [
  {
    title: "Agent",
    width: "minmax(10rem, 1.5fr)",
    cell: ({ id, hostname }) => <a href={linkTo("agent", { id })}>{hostname || id}</a>,
  },
  { title: "State", width: "8rem", cell: (agent) => <AgentState {...agent} /> },
  { title: "Addresses", width: "minmax(8rem, 1fr)", cell: ({ addresses }) => <Code>{addresses.join(" ")}</Code> },
  { title: "Id", width: "minmax(12rem, 2fr)", isMinor: true, cell: ({ id }) => <Code>{id}</Code> },
];

export function Agents({ query }: PageProps) {
  return (
    <ListPage
      title="Agents"
      page="agents"
      query={query}
      path="/v1/console/agents"
      columns={COLUMNS}
      keyOf={({ id }) => id}
      empty="No agent is like that."
    />
  );
}

function AgentState({ active, addresses }: Pick<AgentRow, "active" | "addresses">) {
  if (!active) return <Status tone="warn">deactivated</Status>;
  return addresses.length === 0 ? <Status tone="bad">no address</Status> : <Status tone="good">active</Status>;
}

export function AgentPage({ query }: PageProps) {
  const id = query.get("id") ?? "";
  const [, setTotal] = useState<number | undefined>(undefined);
  const { data, error, isLoading } = useJson<{ agent: AgentRow; tasks: number; hasFacts: boolean }>(
    `/v1/console/agent${queryOf({ id })}`,
    2_000,
  );
  if (!data)
    return (
      <Page kind="Agent" title={id}>
        <Missing error={error && `${error}: no agent has this id`} isLoading={isLoading} />
        <Explanation question={id} />
      </Page>
    );
  const { agent, tasks, hasFacts } = data;
  return (
    <Page kind="Agent" title={agent.hostname || agent.id} about={<Code>{agent.id}</Code>}>
      <Section title="Facts">
        <FactList
          facts={[
            ["State", <AgentState {...agent} />],
            ["Addresses", <Code>{agent.addresses.join(" ")}</Code>],
            ["Port", agent.port === 0 ? "unknown" : <Code>{agent.port}</Code>],
            ["Tasks", plural(tasks, "task")],
          ]}
        />
      </Section>
      <Section title="Tasks">
        <LongTable
          title={`Tasks on ${agent.hostname}`}
          path="/v1/console/tasks"
          parameters={{ agent: id }}
          columns={TASK_COLUMNS.filter(({ title }) => title !== "Agent")}
          keyOf={taskKeyOf}
          empty="No task runs there."
          onTotal={setTotal}
        />
      </Section>
      <Section title="Attributes">
        {hasFacts ? (
          <Labels labels={agent.attributes} empty="It has no attributes." />
        ) : (
          <FactsOff what="Attributes of agents" />
        )}
      </Section>
      <Explanation question={agent.addresses[0] ?? agent.hostname} />
    </Page>
  );
}

import type { AgentRow, TaskDetail, TaskRow } from "../../console/model.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, Missing, Note, Page, Section, sentence, TaskState } from "../parts/basics.js";
import { Explanation } from "../parts/explain.js";
import { FactsOff, Labels } from "../parts/labels.js";
import { Records } from "../parts/records.js";
import { Table } from "../parts/table.js";
import { TaskVips } from "../parts/vip-list.js";
import { linkTo, queryOf } from "../route.js";

interface TaskAnswer {
  readonly task: TaskRow;
  readonly detail: TaskDetail | null;
  readonly agent: AgentRow | null;
  readonly hasFacts: boolean;
}

export function TaskPage({ query, features }: PageProps) {
  const [framework, id] = [query.get("framework") ?? "", query.get("id") ?? ""];
  const { data, error, isLoading } = useJson<TaskAnswer>(`/v1/console/task${queryOf({ framework, id })}`, 2_000);
  if (!data)
    return (
      <Page kind="Task" title={id}>
        <Missing error={error && `${error}: no running task of this framework has that id`} isLoading={isLoading} />
        <Explanation question={id} />
      </Page>
    );
  const { task, detail, hasFacts } = data;
  return (
    <Page kind="Task" title={task.service} about={<Code>{task.id}</Code>}>
      <TaskFacts {...data} />
      {detail?.problem && <Note tone="warn">It has no names of its own: {sentence(detail.problem.detail)}</Note>}
      <Section title="Records">
        <Records
          records={detail?.records ?? []}
          empty={
            task.killing
              ? "A task that is being killed has no records."
              : detail
                ? "It has no records."
                : "The builder is busy; its records come shortly."
          }
        />
      </Section>
      <Explanation question={task.id} />
      {features.vips && (
        <TaskVips addresses={[...task.addresses, ...(data.agent?.addresses ?? [])]} ports={portsOf(detail)} />
      )}
      {detail && detail.ports.length > 0 && (
        <Section title="Ports">
          <Table
            title="Ports"
            rows={detail.ports}
            keyOf={(_, index) => index}
            empty=""
            columns={[
              { title: "Port", isNumber: true, cell: ({ number }) => number },
              { title: "Name", cell: ({ name }) => name || <span class="muted">none</span> },
              { title: "Protocol", cell: ({ protocol }) => protocol || "tcp, udp" },
              {
                title: "On the agent",
                isNumber: true,
                cell: ({ hostPort }) => hostPort ?? <span class="muted">unknown</span>,
              },
            ]}
          />
        </Section>
      )}
      <Section title="Labels">
        {hasFacts ? (
          <Labels labels={detail?.labels ?? []} empty="It has no labels." />
        ) : (
          <FactsOff what="Labels and networks of tasks" />
        )}
      </Section>
    </Page>
  );
}

function TaskFacts({ task, detail, agent }: TaskAnswer) {
  const reported = Object.entries(detail?.reported ?? {}).filter(([, addresses]) => addresses.length > 0);
  return (
    <Section title="Facts">
      <FactList
        facts={[
          ["State", <TaskState health={task.health} killing={task.killing} />],
          [
            "Service",
            <a href={linkTo("service", { framework: task.framework, name: task.service })}>{task.service}</a>,
          ],
          ["Framework", <a href={linkTo("tasks", { framework: task.framework })}>{task.framework}</a>],
          ["Agent", <a href={linkTo("agent", { id: task.agentId })}>{task.agent || task.agentId}</a>],
          ["Agent's address", agent && <Code>{agent.addresses.join(" ")}</Code>],
          ["Addresses", <Code>{task.addresses.join(" ")}</Code>],
          [
            "Reported by Mesos",
            reported.length > 0 ? (
              <Code>{reported.map(([source, list]) => `${source}: ${list.join(" ")}`).join(", ")}</Code>
            ) : null,
          ],
          ["Name in Mesos", task.name === task.service ? null : <Code>{task.name}</Code>],
          ["Container", detail?.container],
          ["Networks", detail?.networks?.filter((name) => name !== "").join(", ")],
          ["Health check", detail?.hasHealthCheck === null || !detail ? null : detail.hasHealthCheck ? "yes" : "none"],
        ]}
      />
    </Section>
  );
}

function portsOf(detail: TaskDetail | null): readonly number[] {
  return detail?.ports.flatMap(({ number, hostPort }) => (hostPort === null ? [number] : [number, hostPort])) ?? [];
}

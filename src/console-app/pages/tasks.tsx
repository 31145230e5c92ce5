import type { TaskRow } from "../../console/model.js";
import type { PageProps } from "../page-props.js";
import { Code, TaskState } from "../parts/basics.js";
import { goTo, ListPage } from "../parts/list-page.js";
import type { Column } from "../parts/table.js";
import { linkTo } from "../route.js";

export const TASK_COLUMNS: readonly Column<TaskRow>[] = [
  {
    title: "Service",
    width: "minmax(6rem, 1.2fr)",
    hint: ({ service }) => service,
    cell: ({ service, frameworkId, id }) => <a href={linkTo("task", { framework: frameworkId, id })}>{service}</a>,
  },
  { title: "State", width: "7.2rem", cell: ({ health, killing }) => <TaskState health={health} killing={killing} /> },
  {
    title: "Agent",
    width: "minmax(6rem, 1.2fr)",
    hint: ({ agent }) => agent,
    cell: ({ agent, agentId }) => <a href={linkTo("agent", { id: agentId })}>{agent || agentId}</a>,
  },
  {
    title: "Addresses",
    width: "minmax(8rem, 1fr)",
    isMinor: true,
    cell: ({ addresses }) => <Code>{addresses.join(" ")}</Code>,
  },
  { title: "Framework", width: "minmax(7rem, 0.8fr)", isMinor: true, cell: ({ framework }) => framework },
  {
    title: "Task",
    width: "minmax(8rem, 2fr)",
    isMinor: true,
    hint: ({ id }) => id,
    cell: ({ id }) => <Code>{id}</Code>,
  },
];

export function taskKeyOf({ frameworkId, id }: TaskRow): string {
  return `${frameworkId} ${id}`;
}

const FILTERS = ["framework", "service", "agent", "health"];

export function Tasks({ query }: PageProps) {
  const given = Object.fromEntries(["q", ...FILTERS].map((name) => [name, query.get(name) ?? undefined]));
  return (
    <ListPage
      title="Tasks"
      page="tasks"
      query={query}
      filters={FILTERS}
      path="/v1/console/tasks"
      columns={TASK_COLUMNS}
      keyOf={taskKeyOf}
      empty="No task is like that."
      controls={
        <>
          <label>
            State
            <select
              value={given.health ?? ""}
              onChange={({ currentTarget }) => goTo("tasks", { ...given, health: currentTarget.value })}
            >
              <option value="">any</option>
              <option value="unhealthy">unhealthy</option>
              <option value="healthy">healthy</option>
              <option value="unknown">not checked</option>
            </select>
          </label>
          {given.framework && <span class="chip">framework {given.framework}</span>}
          {given.service && <span class="chip">service {given.service}</span>}
          {given.agent && <span class="chip">agent {given.agent}</span>}
        </>
      }
    />
  );
}

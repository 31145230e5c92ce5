import { useState } from "preact/hooks";
import type { ServiceRow } from "../../console/model.js";
import { count, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Missing, Page, Section, Status } from "../parts/basics.js";
import { Explanation } from "../parts/explain.js";
import { ListPage } from "../parts/list-page.js";
import { LongTable } from "../parts/long-table.js";
import { NameLink } from "../parts/records.js";
import type { Column } from "../parts/table.js";
import { linkTo, queryOf } from "../route.js";
import { TASK_COLUMNS, taskKeyOf } from "./tasks.js";

const COLUMNS: readonly Column<ServiceRow>[] = [
  {
    title: "Service",
    width: "minmax(10rem, 2fr)",
    cell: ({ framework, name }) => <a href={linkTo("service", { framework, name })}>{name}</a>,
  },
  { title: "State", width: "9rem", cell: (row) => <ServiceState {...row} /> },
  { title: "Framework", width: "minmax(8rem, 1fr)", isMinor: true, cell: ({ framework }) => framework },
  { title: "Tasks", width: "5rem", isNumber: true, cell: ({ tasks }) => count(tasks) },
];

export function Services({ query }: PageProps) {
  return (
    <ListPage
      title="Services"
      page="services"
      query={query}
      path="/v1/console/services"
      columns={COLUMNS}
      keyOf={({ framework, name }) => `${framework.length} ${framework}${name}`}
      empty="No service is like that."
    />
  );
}

function ServiceState({ tasks, healthy, unhealthy }: ServiceRow) {
  if (unhealthy > 0) return <Status tone="bad">{count(unhealthy)} unhealthy</Status>;
  return healthy === tasks ? <Status tone="good">healthy</Status> : <Status tone="idle">running</Status>;
}

export function ServicePage({ query }: PageProps) {
  const [framework, name] = [query.get("framework") ?? "", query.get("name") ?? ""];
  const [, setTotal] = useState<number | undefined>(undefined);
  const path = `/v1/console/service${queryOf({ framework, name })}`;
  const { data, error, isLoading } = useJson<{ service: ServiceRow; names: readonly string[] | null }>(path, 2_000);
  if (!data)
    return (
      <Page kind="Service" title={name}>
        <Missing error={error && `${error}: no task of ${framework} has this name`} isLoading={isLoading} />
        <Explanation question={name} />
      </Page>
    );
  const { service, names } = data;
  return (
    <Page
      kind="Service"
      title={service.name}
      about={
        <>
          {plural(service.tasks, "task")} of{" "}
          <a href={linkTo("tasks", { framework: service.framework })}>{service.framework}</a> ·{" "}
          <ServiceState {...service} />
        </>
      }
    >
      <Section title="Names that begin with it">
        {names === null || names.length === 0 ? (
          <p class="empty">{names ? "None." : "The builder is busy; they come shortly."}</p>
        ) : (
          <ul class="names columns-list">
            {names.map((each) => (
              <li key={each}>
                <NameLink name={`${each}.`} />
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Tasks">
        <LongTable
          title={`Tasks of ${service.name}`}
          path="/v1/console/tasks"
          parameters={{ framework, service: name }}
          columns={TASK_COLUMNS.filter(({ title }) => title !== "Service" && title !== "Framework").map((column) =>
            column.title === "Task" ? { ...column, isMinor: false, cell: TaskLink } : column,
          )}
          keyOf={taskKeyOf}
          empty="It has no tasks any more."
          onTotal={setTotal}
        />
      </Section>
    </Page>
  );
}

function TaskLink({ frameworkId, id }: { readonly frameworkId: string; readonly id: string }) {
  return (
    <a href={linkTo("task", { framework: frameworkId, id })}>
      <code>{id}</code>
    </a>
  );
}

import type { RecordRow, TaskRow } from "../../console/model.js";
import type { Listed } from "../../console/questions.js";
import { count, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, Missing, Note, Page, Section } from "../parts/basics.js";
import { Explanation } from "../parts/explain.js";
import { ListPage } from "../parts/list-page.js";
import { NameLink, Records } from "../parts/records.js";
import { Table } from "../parts/table.js";
import { queryOf } from "../route.js";
import { TASK_COLUMNS, taskKeyOf } from "./tasks.js";

export function Names({ query }: PageProps) {
  return (
    <ListPage
      title="Names"
      page="names"
      query={query}
      path="/v1/console/names"
      columns={[{ title: "Name", width: "1fr", cell: (name: string) => <NameLink name={`${name}.`} /> }]}
      keyOf={(name) => name}
      empty="No name is like that."
    />
  );
}

interface NameAnswer {
  readonly name: string;
  readonly records: readonly RecordRow[];
  /** How many records there are. */
  readonly count: number;
  /** Null for one of a zone of single names. */
  readonly zone: string | null;
  /** Those at the addresses that it leads to. */
  readonly tasks: Listed<TaskRow>;
}

export function NamePage({ query }: PageProps) {
  const name = query.get("name") ?? "";
  const { data, error, isLoading } = useJson<NameAnswer>(`/v1/console/name${queryOf({ name })}`, 2_000);
  if (!data)
    return (
      <Page kind="Name" title={name}>
        <Missing error={error && `${error}: the name has no records here`} isLoading={isLoading} />
        <Explanation question={name} />
      </Page>
    );
  const { records, tasks, zone } = data;
  return (
    <Page
      kind="Name"
      title={data.name}
      about={
        <>
          {plural(data.count, "record")}
          {zone !== null && (
            <>
              {" "}
              in the zone <Code>{zone}</Code>
            </>
          )}
        </>
      }
    >
      <Section title="Records">
        <Records records={records} empty="It has none." />
        {data.count > records.length && <Note>And {count(data.count - records.length)} more.</Note>}
      </Section>
      <Explanation question={name} />
      {tasks.total > 0 && (
        <Section title="Tasks at these addresses" aside={<span class="muted">{count(tasks.total)}</span>}>
          <p class="muted">Those behind the name, and those that only share an agent’s address with them.</p>
          <Table title="Tasks at these addresses" rows={tasks.rows} keyOf={taskKeyOf} columns={TASK_COLUMNS} empty="" />
        </Section>
      )}
    </Page>
  );
}

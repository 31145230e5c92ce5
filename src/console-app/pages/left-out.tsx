import { count, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, Missing, Note, Page, Section } from "../parts/basics.js";
import { Table } from "../parts/table.js";

interface LeftOutList {
  readonly total: number;
  readonly rows: readonly {
    readonly kind: string;
    readonly id: string;
    readonly reason: string;
    readonly detail: string;
  }[];
}

export function LeftOut(_: PageProps) {
  const { data, error, isLoading } = useJson<LeftOutList>("/v1/console/left-out", 5_000);
  if (!data)
    return (
      <Page title="Left out">
        <Missing error={error} isLoading={isLoading} />
      </Page>
    );
  return (
    <Page
      title="Left out"
      about={`${plural(data.total, "task, agent or framework", "tasks, agents and frameworks")} without names.`}
    >
      <Section title="Left out">
        <Table
          title="Left out"
          rows={data.rows}
          keyOf={(_, index) => index}
          empty="Everything that runs has names."
          columns={[
            { title: "Kind", cell: ({ kind }) => kind },
            { title: "Id", cell: ({ id }) => <Code>{id}</Code> },
            { title: "Reason", cell: ({ reason }) => reason.replaceAll("_", " ") },
            { title: "Because", cell: ({ detail }) => detail },
          ]}
        />
        {data.total > data.rows.length && <Note>And {count(data.total - data.rows.length)} more.</Note>}
      </Section>
    </Page>
  );
}

import { clock, latency } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, Missing, Page, Section, Status } from "../parts/basics.js";
import { Table } from "../parts/table.js";

interface Checked {
  readonly instances: readonly {
    readonly instance: string;
    readonly type: string;
    readonly target: string | null;
    readonly healthy: boolean;
    readonly since: string | null;
    readonly forced: { readonly force: string; readonly until: string | null } | null;
    readonly checks: {
      readonly state: string;
      readonly flapping: boolean;
      readonly last: { readonly at: string; readonly seconds: number; readonly error: string | null } | null;
    } | null;
  }[];
  readonly late: number;
}

export function HealthChecks(_: PageProps) {
  const { data, error, isLoading } = useJson<Checked>("/v1/health", 2_000);
  if (!data)
    return (
      <Page title="Health checks">
        <Missing error={error} isLoading={isLoading} />
      </Page>
    );
  const bad = data.instances.filter(({ healthy }) => !healthy).length;
  return (
    <Page title="Health checks" about={`${data.instances.length} checked, ${bad} unhealthy.`}>
      <Section title="Health checks">
        <Table
          title="Health checks"
          rows={[...data.instances].sort((a, b) => Number(a.healthy) - Number(b.healthy))}
          keyOf={({ instance }) => instance}
          empty="Nothing is checked."
          columns={[
            { title: "Instance", cell: ({ instance }) => <Code>{instance}</Code> },
            {
              title: "Answers",
              cell: ({ healthy }) => (
                <Status tone={healthy ? "good" : "bad"}>{healthy ? "healthy" : "unhealthy"}</Status>
              ),
            },
            {
              title: "Its checks",
              cell: ({ checks }) => (checks ? `${checks.state}${checks.flapping ? ", flapping" : ""}` : "calculated"),
            },
            {
              title: "Forced",
              cell: ({ forced }) =>
                forced ? (
                  `${forced.force}${forced.until ? ` until ${clock(forced.until)}` : ""}`
                ) : (
                  <span class="muted">no</span>
                ),
            },
            {
              title: "Since",
              cell: ({ since }) =>
                since ? <time dateTime={since}>{clock(since)}</time> : <span class="muted">the start</span>,
            },
            { title: "Took", isNumber: true, cell: ({ checks }) => latency(checks?.last?.seconds) },
            { title: "Last error", cell: ({ checks }) => checks?.last?.error ?? <span class="muted">none</span> },
          ]}
        />
      </Section>
    </Page>
  );
}

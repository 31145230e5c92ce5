import type { CacheKind, CacheReport, ForwardReport } from "../../forward/report.js";
import { bytes, count, latency, share } from "../format.js";
import { useJson, useLive } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, Missing, Page, Section, Status } from "../parts/basics.js";
import { Table } from "../parts/table.js";

interface Forwarded {
  readonly policy: string;
  readonly zones: readonly { readonly zone: string; readonly resolvers: readonly string[] }[];
  readonly resolvers: readonly {
    readonly resolver: string;
    readonly health: string;
    readonly roundTripSeconds: number | null;
    readonly inFlight: number;
    readonly queries: number;
    readonly results: Readonly<Record<string, number>>;
    readonly lastFailure: string;
    readonly mixedCase: boolean;
  }[];
  readonly queries: Pick<ForwardReport, "waiting" | "questions" | "joined" | "overLimit">;
  readonly cache: Omit<CacheReport, CacheKind> & { readonly enabled: boolean };
}

export function Forwarding(_: PageProps) {
  const { data, error, isLoading } = useJson<Forwarded>("/v1/forward", 2_000);
  const hitRate = useLive((state) => state.figures?.forwarding?.hitRate);
  if (!data)
    return (
      <Page title="Forwarding">
        <Missing error={error} isLoading={isLoading} />
      </Page>
    );
  const { cache, queries } = data;
  const failed = ({ answered = 0, ...others }: Readonly<Record<string, number>>) =>
    Object.values(others).reduce((sum, each) => sum + each, 0);
  return (
    <Page title="Forwarding" about={`Names outside the cluster, by the policy “${data.policy}”.`}>
      <Section title="Resolvers">
        <Table
          title="Resolvers"
          rows={data.resolvers}
          keyOf={({ resolver }) => resolver}
          empty="No resolver has been asked yet."
          columns={[
            { title: "Resolver", cell: ({ resolver }) => <Code>{resolver}</Code> },
            {
              title: "Health",
              cell: ({ health }) => (
                <Status tone={health === "up" ? "good" : "bad"}>
                  {health === "loop" ? "leads back here" : health}
                </Status>
              ),
            },
            { title: "Round trip", isNumber: true, cell: ({ roundTripSeconds }) => latency(roundTripSeconds) },
            { title: "Queries", isNumber: true, cell: (row) => count(row.queries) },
            { title: "Answered", isNumber: true, cell: ({ results }) => count(results.answered) },
            { title: "Not answered", isNumber: true, cell: ({ results }) => count(failed(results)) },
            { title: "In flight", isNumber: true, cell: ({ inFlight }) => count(inFlight) },
            { title: "Last failure", cell: ({ lastFailure }) => lastFailure || <span class="muted">none</span> },
          ]}
        />
      </Section>
      <Section title="Zones">
        <Table
          title="Zones"
          rows={data.zones}
          keyOf={({ zone }) => zone}
          empty="No zone is forwarded."
          columns={[
            { title: "Zone", cell: ({ zone }) => <Code>{zone}</Code> },
            { title: "Resolvers", cell: ({ resolvers }) => <Code>{resolvers.join(", ")}</Code> },
          ]}
        />
      </Section>
      <div class="columns">
        <Section title="Cache">
          {cache.enabled ? (
            <FactList
              facts={[
                ["Answered from it, last minute", share(hitRate)],
                ["Entries", count(cache.entries)],
                ["Size", `${bytes(cache.bytes)} of ${bytes(cache.maxBytes)}`],
                ["Hits", count(cache.hits)],
                ["Misses", count(cache.misses)],
                ["Stale answers", count(cache.stale)],
                ["Asked for ahead of time", count(cache.prefetches)],
                ["Made room for others", count(cache.evictions)],
              ]}
            />
          ) : (
            <p class="empty">
              There is none: <Code>cache.enabled</Code> is false.
            </p>
          )}
        </Section>
        <Section title="Queries under way">
          <FactList
            facts={[
              ["Waiting", count(queries.waiting)],
              ["Questions they wait for", count(queries.questions)],
              ["Joined another's question", count(queries.joined)],
              ["Refused, over a limit", count(queries.overLimit)],
            ]}
          />
        </Section>
      </div>
    </Page>
  );
}

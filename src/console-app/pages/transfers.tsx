import { bytes, clock, count, latency, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, Missing, Page, Section, Status, type Tone } from "../parts/basics.js";
import { Table } from "../parts/table.js";

interface Transferred {
  readonly active: number;
  readonly secondaries: readonly {
    readonly address: string;
    readonly key: string | null;
    readonly zone: string;
    readonly serial: number | null;
    readonly last: { readonly kind: string; readonly at: string; readonly octets: number; readonly seconds: number };
  }[];
  readonly notify: readonly {
    readonly target: string;
    readonly zone: string;
    readonly lagSeconds: number | null;
    readonly state: string;
  }[];
  readonly journal: { readonly bytes: number; readonly steps: Readonly<Record<string, number>> };
}

type Told = Transferred["notify"][number];

const TONES: Readonly<Record<string, Tone>> = { answered: "good", unanswered: "bad", refused: "bad" };

/** One that does not answer says nothing of how far it has come. */
function Behind({ state, lagSeconds }: Told) {
  if (lagSeconds === null) return <span class="muted">unknown</span>;
  if (lagSeconds === 0)
    return <span class="muted">{state === "unanswered" ? "up to date when last seen" : "nothing"}</span>;
  return latency(lagSeconds);
}

export function Transfers({ features }: PageProps) {
  const { data, error, isLoading } = useJson<Transferred>("/v1/transfers", 2_000);
  const serials = new Map(features.zones.map(({ name, serial }) => [name, serial]));
  if (!data)
    return (
      <Page title="Transfers">
        <Missing error={error} isLoading={isLoading} />
      </Page>
    );
  return (
    <Page title="Transfers" about={`${plural(data.active, "transfer")} under way.`}>
      <Section title="Secondaries">
        <Table
          title="Secondaries"
          rows={data.secondaries}
          keyOf={({ address, key, zone }) => `${address} ${key} ${zone}`}
          empty="No secondary has asked for a zone within a day."
          columns={[
            { title: "Address", cell: ({ address }) => <Code>{address}</Code> },
            { title: "Key", cell: ({ key }) => key ?? <span class="muted">none</span> },
            { title: "Zone", cell: ({ zone }) => <Code>{zone}</Code> },
            {
              title: "Version",
              cell: ({ zone, serial }) => {
                const isNew = serial === serials.get(zone.replace(/\.$/, ""));
                return <Status tone={isNew ? "good" : "warn"}>{serial ?? "none"}</Status>;
              },
            },
            { title: "Last", cell: ({ last }) => `${last.kind}, ${clock(last.at)}` },
            { title: "Size", isNumber: true, cell: ({ last }) => bytes(last.octets) },
            { title: "Took", isNumber: true, cell: ({ last }) => latency(last.seconds) },
          ]}
        />
      </Section>
      <Section title="Told of changes">
        <Table
          title="Told of changes"
          rows={data.notify}
          keyOf={({ target, zone }) => `${target} ${zone}`}
          empty="Nobody is told of changes."
          columns={[
            { title: "Target", cell: ({ target }) => <Code>{target}</Code> },
            { title: "Zone", cell: ({ zone }) => <Code>{zone}</Code> },
            { title: "State", cell: ({ state }) => <Status tone={TONES[state] ?? "idle"}>{state}</Status> },
            { title: "Behind", isNumber: true, cell: Behind },
          ]}
        />
      </Section>
      <div class="columns">
        <Section title="Zones">
          <FactList facts={features.zones.map(({ name, serial }) => [`${name}.`, <Code>{serial}</Code>])} />
        </Section>
        <Section title="Differences kept">
          <FactList
            facts={[
              ["Size", bytes(data.journal.bytes)],
              ...Object.entries(data.journal.steps).map(([zone, steps]) => [`${zone}.`, count(steps)] as const),
            ]}
          />
        </Section>
      </div>
    </Page>
  );
}

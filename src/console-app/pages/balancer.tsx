import { useState } from "preact/hooks";
import type { LbServiceStatus, LbSourceStatus, LbStatus } from "../../lb/report.js";
import { count, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, Missing, Note, Page, Section, Status } from "../parts/basics.js";
import { Filter } from "../parts/filter.js";
import { Table } from "../parts/table.js";

/** Rows that are shown: the filter finds the others. */
const MOST = 500;
const TITLE = "Load balancer";

/** What `mesos-dns lb run` carries. JSON has no members that are undefined. */
export function Balancer(_: PageProps) {
  const { data, error, isLoading } = useJson<LbStatus>("/v1/console/lb", 2_000);
  if (!data)
    return (
      <Page title={TITLE}>
        <Missing error={error} isLoading={isLoading} />
      </Page>
    );
  return (
    <Page title={TITLE} about={`${plural(data.services.length, "service", "services")}.`}>
      <div class="columns">
        <Section title="HAProxy">
          <FactList
            facts={[
              [
                "State",
                data.trouble ? (
                  <Status tone="bad">{data.trouble}</Status>
                ) : (
                  <Status tone={data.isSettled ? "good" : "warn"}>
                    {data.isSettled ? "carries what runs" : "changes are under way"}
                  </Status>
                ),
              ],
              ["Version", data.haproxy?.version],
              ["Process", data.haproxy?.pid],
              ["File", data.file && <Code>{data.file}</Code>],
            ]}
          />
        </Section>
        <Section title="Sources">
          <Table title="Sources" rows={data.sources} keyOf={({ name }) => name} empty="None." columns={SOURCES} />
        </Section>
      </div>
      <Faults status={data} />
      <Carried services={data.services} />
    </Page>
  );
}

const SOURCES = [
  { title: "Name", cell: ({ name }: LbSourceStatus) => name },
  {
    title: "State",
    cell: ({ trouble, isHeld, ageSeconds }: LbSourceStatus) =>
      trouble ? (
        <Status tone="bad">{trouble}</Status>
      ) : isHeld ? (
        <Status tone="warn">lacks much: not believed yet</Status>
      ) : (
        <Status tone="good">{ageSeconds === undefined ? "told nothing yet" : `told ${ageSeconds} s ago`}</Status>
      ),
  },
  { title: "Apps", isNumber: true, cell: ({ apps }: LbSourceStatus) => count(apps) },
  { title: "Tasks", isNumber: true, cell: ({ tasks }: LbSourceStatus) => count(tasks) },
];

/** What is not as it was asked for; nothing where all is. */
function Faults({ status: { refused, conflicts, unbindable } }: { readonly status: LbStatus }) {
  const faults = [
    ...refused.map(
      ({ appId, reason, isKept }) => `${appId} is refused${isKept ? ", and goes on as it was" : ""}: ${reason}`,
    ),
    ...conflicts,
    ...Object.entries(unbindable).map(([port, why]) => `Port ${port} cannot be had: ${why}`),
  ];
  if (faults.length === 0) return null;
  return (
    <Section title="Not as it was asked for">
      <Table
        title="Not as it was asked for"
        rows={faults.slice(0, MOST)}
        keyOf={(text) => text}
        empty="Nothing."
        columns={[{ title: "What", cell: (text) => text }]}
      />
    </Section>
  );
}

function Carried({ services }: { readonly services: readonly LbServiceStatus[] }) {
  const [text, setText] = useState("");
  const words = text.toLowerCase().trim();
  const has = ({ backend, app, hosts }: LbServiceStatus) =>
    [backend, app, ...hosts].some((field) => field.toLowerCase().includes(words));
  const found = words === "" ? services : services.filter(has);
  return (
    <>
      <Filter text={text} onText={setText} />
      <Section title="Services">
        <Table
          title="Services"
          rows={found.slice(0, MOST)}
          keyOf={({ backend }) => backend}
          empty="No service is like that."
          columns={[
            { title: "App", cell: ({ app }) => app },
            { title: "Hosts", cell: ({ hosts }) => hosts.join(", ") },
            { title: "Backend", isMinor: true, cell: ({ backend }) => <Code>{backend}</Code> },
            { title: "Servers", cell: Servers },
          ]}
        />
        {found.length > MOST && <Note>And {count(found.length - MOST)} more: the filter finds them.</Note>}
      </Section>
    </>
  );
}

/** How many servers are how. */
function Servers({ servers }: LbServiceStatus) {
  if (servers.length === 0) return <Status tone="bad">none</Status>;
  const up = servers.filter(({ state }) => state === "up").length;
  const tone = up === servers.length ? "good" : up > 0 ? "warn" : "bad";
  return (
    <Status tone={tone}>
      {count(up)} of {count(servers.length)} up
    </Status>
  );
}

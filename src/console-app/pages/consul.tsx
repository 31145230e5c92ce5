import { bytes, count } from "../format.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, Page, Section, Status } from "../parts/basics.js";
import { Table } from "../parts/table.js";
import { linkTo } from "../route.js";

export function Consul({ features: { consul } }: PageProps) {
  if (!consul)
    return (
      <Page title="Consul">
        <p class="empty">
          Consul's API is served with <Code>consul.enabled</Code>.
        </p>
      </Page>
    );
  const { counts, keys } = consul;
  return (
    <Page title="Consul" about="The cluster for programs that look for services in Consul.">
      <div class="columns">
        <Section title="API">
          <FactList
            facts={[
              ["State", <Status tone={consul.isOpen ? "good" : "bad"}>{consul.isOpen ? "listens" : "closed"}</Status>],
              ["Address", <Code>{`${consul.listener}:${consul.port}`}</Code>],
              ["Datacenter", consul.datacenter],
              ["Names", <a href={linkTo("names", { q: `.${consul.domain}` })}>{consul.domain}.</a>],
              ["Requests that wait for a change", count(consul.waiting)],
              ["Writes refused", count(consul.refusedWrites)],
            ]}
          />
        </Section>
        <Section title="Catalogue">
          <FactList
            facts={[
              ["Services", count(counts?.services)],
              ["Instances", count(counts?.instances)],
              [
                "Critical",
                counts && counts.critical > 0 ? (
                  <Status tone="bad">{count(counts.critical)}</Status>
                ) : (
                  count(counts?.critical)
                ),
              ],
              ["Nodes", count(counts?.nodes)],
              ["Ports left out", count(counts?.skipped)],
            ]}
          />
        </Section>
      </div>
      <div class="columns">
        <Section title="Keys">
          {keys ? (
            <FactList
              facts={[
                ["Keys", count(keys.keys)],
                ["Size", bytes(keys.octets)],
                [
                  "Writes",
                  <Status tone={keys.isWritable ? "good" : "bad"}>
                    {keys.isWritable ? "are kept" : "cannot be kept"}
                  </Status>,
                ],
              ]}
            />
          ) : (
            <p class="empty">No keys are served yet.</p>
          )}
        </Section>
        <Section title="Requests since the start">
          <Table
            title="Requests since the start"
            rows={Object.entries(consul.requests)}
            keyOf={([kind]) => kind}
            empty="None."
            columns={[
              { title: "Kind", cell: ([kind]) => kind },
              { title: "Requests", isNumber: true, cell: ([, requests]) => count(requests) },
            ]}
          />
        </Section>
      </div>
    </Page>
  );
}

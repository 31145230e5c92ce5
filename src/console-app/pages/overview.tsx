import type { ClusterFigures, Figures } from "../../console/figures.js";
import { clock, count, latency, plural, rate, share, span } from "../format.js";
import { useLive, useNow } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, FactList, type FactRow, Note, Page, Section, Status, sentence } from "../parts/basics.js";
import { ChangeRows } from "../parts/changes.js";
import { Chart } from "../parts/chart.js";
import { Upstreams } from "../parts/upstreams.js";
import { linkTo } from "../route.js";

/** Changes that are shown here; their own page has the others. */
const FEW = 8;

export function Overview({ features }: PageProps) {
  const figures = useLive((state) => state.figures);
  // Each change of a task is one of names, too.
  const changes = useLive((state) => state.changes).filter(({ kind }) => kind !== "names");
  if (!figures) return <Page title="Overview">{<p class="loading">Loading…</p>}</Page>;
  const { cluster } = figures;
  return (
    <Page title="Overview">
      {cluster.reasons.map((reason) => (
        <Note key={reason} tone="bad">
          Not ready: {sentence(reason)}
        </Note>
      ))}
      {cluster.notes.map((note) => (
        <Note key={note} tone="warn">
          {sentence(note)}
        </Note>
      ))}
      <KeyFigures figures={figures} lists={features.lists} />
      <Traffic figures={figures} forwards={features.forwarding} />
      <div class="columns">
        <Following cluster={cluster} />
        <Breakdown figures={figures} />
      </div>
      {figures.forwarding && (
        <Section title="Resolvers" aside={<a href={linkTo("forwarding")}>Forwarding and cache</a>}>
          <Upstreams upstreams={figures.forwarding.upstreams} />
        </Section>
      )}
      <Section title="Latest changes" aside={<a href={linkTo("changes")}>All changes</a>}>
        {changes.length === 0 ? (
          <p class="empty">Nothing has changed since somebody began to look.</p>
        ) : (
          <ChangeRows changes={changes.slice(0, FEW)} />
        )}
      </Section>
    </Page>
  );
}

function KeyFigures({ figures, lists }: { readonly figures: Figures; readonly lists: boolean }) {
  const { cluster, changes } = figures;
  const shown: readonly (readonly [title: string, value: number | null, page: string | undefined])[] = [
    ["Tasks", cluster.tasks, lists ? "tasks" : undefined],
    ["Names", cluster.names, lists ? "names" : undefined],
    ["Records", cluster.records, undefined],
    ["Agents", cluster.agents, lists ? "agents" : undefined],
    ["Frameworks", cluster.frameworks, undefined],
    ["Left out", cluster.leftOut, lists ? "left-out" : undefined],
    ["Changes a minute", changes, "changes"],
  ];
  return (
    <dl class="figures">
      {shown.map(([title, value, page]) => (
        <div key={title}>
          <dt>{page === undefined ? title : <a href={linkTo(page)}>{title}</a>}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Traffic({ figures, forwards }: { readonly figures: Figures; readonly forwards: boolean }) {
  const history = useLive((state) => state.history);
  if (!history) return null;
  const { queries, latency: took, forwarding } = figures;
  const all = queries.local + queries.forward + queries.none;
  return (
    <div class="charts">
      <Section title="Queries a second" aside={<strong class="now">{rate(all)}</strong>}>
        <Chart
          label={`Queries a second in the last five minutes: now ${rate(queries.local)} for the cluster, ${rate(queries.forward)} forwarded`}
          at={history.at}
          format={rate}
          series={[
            { name: "cluster", color: "--series-1", values: history.local },
            { name: "forwarded", color: "--series-2", values: history.forward },
            { name: "other", color: "--series-3", values: history.other },
          ]}
        />
        <ul class="legend">
          <li class="series-1">cluster {rate(queries.local)}</li>
          <li class="series-2">forwarded {rate(queries.forward)}</li>
          <li class="series-3">other {rate(queries.none)}</li>
        </ul>
      </Section>
      <Section title="Latency, 99 of 100" aside={<strong class="now">{latency(took.local?.p99)}</strong>}>
        <Chart
          label={`Latency of answers from the cluster in the last five minutes: now ${latency(took.local?.p99)}`}
          at={history.at}
          format={latency}
          top={0.000_1}
          series={[{ name: "cluster", color: "--series-1", values: history.latency }]}
        />
        <ul class="legend">
          <li>half: {latency(took.local?.p50)}</li>
          <li>forwarded: {latency(took.forward?.p99)}</li>
        </ul>
      </Section>
      {forwards && (
        <Section title="Answered by the cache" aside={<strong class="now">{share(forwarding?.hitRate)}</strong>}>
          <Chart
            label={`Share of forwarded queries that the cache answered, in the last five minutes: now ${share(forwarding?.hitRate)}`}
            at={history.at}
            format={share}
            series={[{ name: "hits", color: "--series-2", values: history.hitRate }]}
          />
          <ul class="legend">
            <li>{plural(forwarding?.entries ?? 0, "entry", "entries")}</li>
            <li>waiting: {count(forwarding?.waiting)}</li>
          </ul>
        </Section>
      )}
    </div>
  );
}

const STREAMS = {
  off: ["idle", "polling"],
  connected: ["good", "the master's events"],
  disconnected: ["warn", "polling; the master's events are lost"],
  unsupported: ["idle", "polling; the master has no events"],
} as const;

function Following({ cluster }: { readonly cluster: ClusterFigures }) {
  const now = useNow();
  const { leader, stream, streamFailure, fetchedAt, serial, zookeeper, held, heldState, startedAt, hidden, stale } =
    cluster;
  const [tone, words] = STREAMS[stream];
  const facts: FactRow[] = [
    ["Leading master", leader === null ? <Status tone="bad">none yet</Status> : <Code>{leader}</Code>],
    ["Updates", <Status tone={tone}>{words}</Status>],
    ["Why no events", stream === "disconnected" ? streamFailure : null],
    [
      "State fetched",
      fetchedAt === null ? "never" : <Status tone={stale ? "bad" : "good"}>{span(now - fetchedAt)} ago</Status>,
    ],
    [
      "Guard",
      heldState ? (
        <Status tone="warn">
          holds a state of {span(now - heldState.since)} ago: {count(heldState.remaining)} of {count(heldState.records)}{" "}
          records
        </Status>
      ) : held.tasks > 0 ? (
        <Status tone="warn">holds {plural(held.tasks, "task")}</Status>
      ) : (
        <Status tone="good">holds nothing</Status>
      ),
    ],
    [
      "ZooKeeper",
      zookeeper === null ? null : <Status tone={zookeeper ? "good" : "bad"}>{zookeeper ? "connected" : "lost"}</Status>,
    ],
    ["Serial", serial === null ? null : <Code>{serial}</Code>],
    ["Hidden by own records", hidden ? plural(hidden, "RRset") : null],
    ["Up for", <time dateTime={new Date(startedAt).toISOString()}>{span(now - startedAt)}</time>],
  ];
  return (
    <Section title="Following the cluster">
      <FactList facts={facts} />
    </Section>
  );
}

/** What is asked, and what is answered, this second. */
function Breakdown({ figures }: { readonly figures: Figures }) {
  return (
    <Section title="This second" aside={<span class="muted">{clock(figures.at)}</span>}>
      <div class="breakdown">
        <Bars title="Types" rates={figures.types} />
        <Bars title="Answers" rates={figures.rcodes} />
      </div>
      {figures.dropped > 0 && <p class="muted">Without an answer: {rate(figures.dropped)} a second.</p>}
    </Section>
  );
}

function Bars({ title, rates }: { readonly title: string; readonly rates: Readonly<Record<string, number>> }) {
  const rows = Object.entries(rates).sort(([, a], [, b]) => b - a);
  const most = rows[0]?.[1] ?? 1;
  return (
    <table class="bars">
      <caption>{title}</caption>
      <tbody>
        {rows.length === 0 && (
          <tr>
            <td class="muted">none</td>
          </tr>
        )}
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">{rate(value)}</td>
            <td class="bar" aria-hidden="true">
              <span style={{ width: `${(value / most) * 100}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

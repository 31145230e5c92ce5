import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { AgentRow, FrameworkRow, ServiceRow, TaskRow } from "../../console/model.js";
import type { Listed } from "../../console/questions.js";
import { count, plural } from "../format.js";
import { useJson } from "../hooks.js";
import type { PageProps } from "../page-props.js";
import { Code, Missing, Page, Section, TaskState } from "../parts/basics.js";
import { linkTo, queryOf } from "../route.js";

/** Hits of a kind. */
const FEW = 8;

interface Found {
  readonly isLoaded: boolean;
  readonly names: Listed<string>;
  readonly services: Listed<ServiceRow>;
  readonly tasks: Listed<TaskRow>;
  readonly agents: Listed<AgentRow>;
  readonly frameworks: Listed<FrameworkRow>;
}

export function Search({ query }: PageProps) {
  const text = query.get("q") ?? "";
  const isEmpty = text.trim() === "";
  const { data, error, isLoading } = useJson<Found>(
    isEmpty ? undefined : `/v1/console/search${queryOf({ q: text, limit: FEW })}`,
    2_000,
    true,
  );
  useEffect(() => {
    addEventListener("keydown", move);
    return () => removeEventListener("keydown", move);
  }, []);
  if (isEmpty)
    return <Page title="Search">Any part of a name, a task's id, a service, a framework, an agent or an address.</Page>;
  const total = data
    ? data.names.total + data.services.total + data.tasks.total + data.agents.total + data.frameworks.total
    : 0;
  return (
    <Page title={`Search: ${text}`}>
      <p class="unseen" role="status">
        {data && plural(total, "result")}
      </p>
      {data === undefined && <Missing error={error} isLoading={isLoading} />}
      {data && !data.isLoaded && <p class="loading">The tasks are being read…</p>}
      {data?.isLoaded && total === 0 && (
        <p class="empty">
          Nothing has “{text}” in it. Looked at: names, tasks’ ids, services, frameworks, agents and addresses; ports
          are not.
        </p>
      )}
      {data && (
        <>
          <Hits title="Services" found={data.services} all={linkTo("services", { q: text })}>
            {({ framework, name, tasks }) => (
              <Hit key={`${framework} ${name}`} href={linkTo("service", { framework, name })} about={framework}>
                {name} <span class="muted">{plural(tasks, "task")}</span>
              </Hit>
            )}
          </Hits>
          <Hits title="Names" found={data.names} all={linkTo("names", { q: text })}>
            {(name) => (
              <Hit key={name} href={linkTo("name", { name })}>
                <Code>{name}.</Code>
              </Hit>
            )}
          </Hits>
          <Hits title="Tasks" found={data.tasks} all={linkTo("tasks", { q: text })}>
            {({ id, frameworkId, service, framework, agent, health, killing }) => (
              <Hit
                key={`${frameworkId} ${id}`}
                href={linkTo("task", { framework: frameworkId, id })}
                about={
                  <>
                    {framework} on {agent} · <TaskState health={health} killing={killing} />
                  </>
                }
              >
                {service} <Code>{id}</Code>
              </Hit>
            )}
          </Hits>
          <Hits title="Agents" found={data.agents} all={linkTo("agents", { q: text })}>
            {({ id, hostname, addresses }) => (
              <Hit key={id} href={linkTo("agent", { id })} about={<Code>{addresses.join(" ")}</Code>}>
                {hostname}
              </Hit>
            )}
          </Hits>
          <Hits title="Frameworks" found={data.frameworks}>
            {({ id, name, hostname }) => (
              <Hit key={id} href={linkTo("tasks", { framework: name })} about={hostname}>
                {name} <Code>{id}</Code>
              </Hit>
            )}
          </Hits>
        </>
      )}
    </Page>
  );
}

function Hits<Row>({
  title,
  found: { rows, total, isMore },
  all,
  children,
}: {
  readonly title: string;
  readonly found: Listed<Row>;
  readonly all?: string;
  readonly children: (row: Row) => ComponentChildren;
}) {
  if (total === 0) return null;
  const more =
    total > rows.length &&
    (all === undefined ? (
      `${count(total)} in all`
    ) : (
      <a href={all}>{isMore ? `More than ${count(total)}` : `All ${count(total)}`}</a>
    ));
  return (
    <Section title={title} aside={more}>
      <ul class="hits">{rows.map(children)}</ul>
    </Section>
  );
}

function Hit({
  href,
  about,
  children,
}: {
  readonly href: string;
  readonly about?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <li>
      <a href={href} data-hit>
        {children}
      </a>
      {about && <span class="hit-about">{about}</span>}
    </li>
  );
}

/** The arrow keys go from hit to hit, and from the first back to the field. */
function move(event: KeyboardEvent): void {
  // The field has keys of its own.
  if (event.target instanceof HTMLInputElement || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const hits = [...document.querySelectorAll<HTMLElement>("[data-hit]")];
  const at = hits.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  const next = event.key === "ArrowDown" ? hits[at + 1] : (hits[at - 1] ?? document.getElementById("search"));
  next?.focus();
}

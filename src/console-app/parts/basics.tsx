import type { ComponentChildren } from "preact";
import type { TaskHealth } from "../../console/model.js";

/** A page's heading, what it is about in a line, and its content. */
export function Page({
  title,
  kind,
  about,
  children,
}: {
  readonly title: string;
  /** What it is a page of: shown above the title. */
  readonly kind?: string;
  readonly about?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <>
      <header class="page-head">
        {kind && <p class="kind">{kind}</p>}
        <h1 tabIndex={-1}>{title}</h1>
        {about && <p class="about">{about}</p>}
      </header>
      {children}
    </>
  );
}

export function Section({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="card" aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

export type Tone = "good" | "bad" | "warn" | "idle";

const SIGNS: Readonly<Record<Tone, string>> = { good: "●", bad: "▲", warn: "◆", idle: "○" };

/** A state in a word. Its sign has a shape of its own, for those who see no colours. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`status ${tone}`}>
      <span class="sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      {children}
    </span>
  );
}

const HEALTHS: Readonly<Record<TaskHealth, readonly [Tone, string]>> = {
  healthy: ["good", "healthy"],
  unhealthy: ["bad", "unhealthy"],
  unknown: ["idle", "running"],
};

/** How a task is. Without a health check it is known only that it runs. */
export function TaskState({ health, killing }: { readonly health: TaskHealth; readonly killing: boolean }) {
  if (killing) return <Status tone="warn">being killed</Status>;
  const [tone, word] = HEALTHS[health];
  return <Status tone={tone}>{word}</Status>;
}

export type FactRow = readonly [name: string, value: ComponentChildren];

/** Names and values. Those without a value are left out. */
export function FactList({ facts }: { readonly facts: readonly FactRow[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Note({ tone = "idle", children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return <p class={`note ${tone}`}>{children}</p>;
}

/** Something that a machine calls so: an id, a name, an address. It may be broken anywhere. */
export function Code({ children }: { readonly children: ComponentChildren }) {
  return <code>{children}</code>;
}

/** What to show while there is nothing to show. */
export function Missing({ error, isLoading }: { readonly error: string | undefined; readonly isLoading: boolean }) {
  if (isLoading) return <p class="loading">Loading…</p>;
  return error === undefined ? null : <Note tone="warn">{sentence(error)}</Note>;
}

export function sentence(text: string): string {
  const end = /[.!?…]$/.test(text) ? "" : ".";
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${end}`;
}

import type { ChangeKind } from "../../console/changes.js";
import type { NumberedChange } from "../../console/figures.js";
import { clock } from "../format.js";
import { linkTo } from "../route.js";
import { Status, type Tone } from "./basics.js";
import { NameLink } from "./records.js";

const SIGNS: Readonly<Record<ChangeKind, readonly [Tone, string]>> = {
  "task-started": ["good", "task started"],
  "task-ended": ["idle", "task ended"],
  "task-moved": ["warn", "task moved"],
  "task-killing": ["warn", "task killed"],
  "task-unhealthy": ["bad", "unhealthy"],
  "task-healthy": ["good", "healthy"],
  "agent-joined": ["good", "agent joined"],
  "agent-left": ["bad", "agent left"],
  "agent-changed": ["warn", "agent"],
  names: ["idle", "names"],
  leader: ["warn", "leader"],
  stream: ["warn", "updates"],
  guard: ["warn", "guard"],
  stale: ["bad", "staleness"],
  resolver: ["warn", "resolver"],
  more: ["idle", "more"],
};

export function ChangeRows({ changes }: { readonly changes: readonly NumberedChange[] }) {
  return (
    <ol class="changes">
      {changes.map((change) => (
        <li key={change.id}>
          <time dateTime={change.at}>{clock(change.at)}</time>
          <span class="change-kind">
            <Status tone={SIGNS[change.kind][0]}>{SIGNS[change.kind][1]}</Status>
          </span>
          <span class="change-text">
            <Subject change={change} />
            {change.names && <Names names={change.names} />}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Subject({ change }: { readonly change: NumberedChange }) {
  const { kind, task, frameworkId, agentId, text } = change;
  if (kind === "task-ended" || kind === "agent-left") return <>{text}</>;
  // An id that is too long to be told leads nowhere.
  if (task !== undefined && frameworkId !== undefined)
    return <a href={linkTo("task", { framework: frameworkId, id: task })}>{text}</a>;
  if (kind.startsWith("agent-") && agentId !== undefined) return <a href={linkTo("agent", { id: agentId })}>{text}</a>;
  return <>{text}</>;
}

const SHOWN = [
  ["added", "+"],
  ["changed", "~"],
  ["removed", "−"],
] as const;

function Names({ names }: { readonly names: NonNullable<NumberedChange["names"]> }) {
  return (
    <details>
      <summary>Which</summary>
      <ul class="names">
        {SHOWN.flatMap(([kind, sign]) =>
          names[kind].map((name) => (
            <li key={`${kind} ${name}`}>
              <span class="sign" title={kind}>
                {sign}
              </span>
              <NameLink name={name} />
            </li>
          )),
        )}
      </ul>
    </details>
  );
}

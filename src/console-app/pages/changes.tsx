import { useEffect, useState } from "preact/hooks";
import type { ChangeKind } from "../../console/changes.js";
import type { NumberedChange } from "../../console/figures.js";
import { plural } from "../format.js";
import { useLive } from "../hooks.js";
import { Page, Section } from "../parts/basics.js";
import { ChangeRows } from "../parts/changes.js";

const GROUPS: readonly (readonly [title: string, has: (kind: ChangeKind) => boolean])[] = [
  ["Tasks", (kind) => kind.startsWith("task-") || kind === "more"],
  ["Agents", (kind) => kind.startsWith("agent-")],
  ["Names", (kind) => kind === "names"],
  ["Server", (kind) => ["leader", "stream", "guard", "stale", "resolver"].includes(kind)],
];

/** Rows that are shown at first, and more each time. */
const STEP = 200;

export function Changes() {
  const live = useLive((state) => state.changes);
  const [held, setHeld] = useState<readonly NumberedChange[] | undefined>(undefined);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [most, setMost] = useState(STEP);
  const changes = held ?? live;
  const isShown = ({ kind }: NumberedChange) => GROUPS.some(([title, has]) => has(kind) && !hidden.includes(title));
  const shown = changes.filter(isShown);
  const waiting = held ? live.length - held.length : 0;
  return (
    <Page title="Changes" about="What has changed since somebody began to look, the newest first.">
      <div class="controls">
        <fieldset>
          <legend class="unseen">Kinds</legend>
          {GROUPS.map(([title]) => (
            <label key={title} class="check">
              <input
                type="checkbox"
                checked={!hidden.includes(title)}
                onChange={({ currentTarget }) =>
                  setHidden((before) =>
                    currentTarget.checked ? before.filter((each) => each !== title) : [...before, title],
                  )
                }
              />
              {title}
            </label>
          ))}
        </fieldset>
        <button type="button" aria-pressed={held !== undefined} onClick={() => setHeld(held ? undefined : live)}>
          {held ? (waiting > 0 ? `Go on (${waiting} new)` : "Go on") : "Hold"}
        </button>
      </div>
      <Announcement changes={live} />
      <Section title="Changes" aside={<span class="muted">{plural(shown.length, "change")}</span>}>
        {shown.length === 0 ? (
          <p class="empty">Nothing yet. Changes appear here as they happen.</p>
        ) : (
          <ChangeRows changes={shown.slice(0, most)} />
        )}
        {shown.length > most && (
          <button type="button" onClick={() => setMost(most + STEP)}>
            Show more
          </button>
        )}
      </Section>
    </Page>
  );
}

/** Says at most every few seconds how much is new: a reader of every line could do nothing else. */
function Announcement({ changes }: { readonly changes: readonly NumberedChange[] }) {
  const [told, setTold] = useState({ id: changes[0]?.id ?? 0, text: "" });
  useEffect(() => {
    const timer = setTimeout(() => {
      const fresh = changes.filter(({ id }) => id > told.id);
      if (fresh.length > 0)
        setTold({
          id: fresh[0]?.id ?? told.id,
          text: fresh.length === 1 ? (fresh[0]?.text ?? "") : `${fresh.length} changes`,
        });
    }, 3_000);
    return () => clearTimeout(timer);
  }, [changes, told]);
  return (
    <p class="unseen" role="status">
      {told.text}
    </p>
  );
}

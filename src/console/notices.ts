import type { Change } from "./changes.js";
import { cut } from "./cut.js";
import type { Figures } from "./figures.js";

/** Characters of a sentence: others' words are in it, such as why a resolver has failed. */
const MAX_SENTENCE = 1_000;

/** What has changed between two moments that no task or agent tells: who leads, the stream, the guard, the resolvers. */
export function noticesBetween(before: Figures, after: Figures): Change[] {
  const notices = [
    ...leaderNotice(before, after),
    ...streamNotice(before, after),
    ...guardNotices(before, after),
    ...staleNotice(before, after),
    ...resolverNotices(before, after),
  ];
  return notices.map((notice) => ({ ...notice, text: cut(notice.text, MAX_SENTENCE) }));
}

function leaderNotice({ cluster: was }: Figures, { cluster: is }: Figures): Change[] {
  if (is.leader === was.leader || is.leader === null) return [];
  const from = was.leader === null ? "" : `, in place of ${was.leader}`;
  return [{ kind: "leader", text: `${is.leader} leads${from}.` }];
}

function streamNotice({ cluster: was }: Figures, { cluster: is }: Figures): Change[] {
  if (is.stream === was.stream || is.stream === "off") return [];
  if (is.stream === "connected") return [{ kind: "stream", text: "The master's events are followed." }];
  const why = is.streamFailure === null ? "" : `: ${is.streamFailure}`;
  const what =
    is.stream === "unsupported"
      ? "The master has no events to give; it is polled"
      : "The master's events are lost; it is polled";
  return [{ kind: "stream", text: `${what}${why}.` }];
}

function guardNotices({ cluster: was }: Figures, { cluster: is }: Figures): Change[] {
  const changes: Change[] = [];
  const count = is.held.tasks;
  if (count > was.held.tasks) {
    const who = `${is.held.agents} agents and ${is.held.frameworks} frameworks have not come back to the new leader`;
    changes.push({ kind: "guard", count, text: `The names of ${count} tasks are held: ${who} (failoverGrace).` });
  }
  if (count === 0 && was.held.tasks > 0) changes.push({ kind: "guard", count, text: "No names are held any more." });
  if (is.heldState && !was.heldState) {
    const { records, remaining } = is.heldState;
    const text = `A state is held that would leave ${remaining} of ${records} records, until it is confirmed (maxShrink).`;
    changes.push({ kind: "guard", count: records - remaining, text });
  }
  if (!is.heldState && was.heldState)
    changes.push({ kind: "guard", text: "The state that was held is no longer held." });
  return changes;
}

function staleNotice({ cluster: was }: Figures, { cluster: is }: Figures): Change[] {
  if (is.stale === was.stale) return [];
  return [
    { kind: "stale", text: is.stale ? "The state is too old; it is served as stale." : "The state is fresh again." },
  ];
}

function resolverNotices({ forwarding: was }: Figures, { forwarding: is }: Figures): Change[] {
  const before = new Map(was?.upstreams.map(({ resolver, health }) => [resolver, health]));
  return (is?.upstreams ?? []).flatMap(({ resolver, health, lastFailure }): Change[] => {
    const former = before.get(resolver);
    if (former === undefined || former === health) return [];
    const why = health === "up" || lastFailure === "" ? "" : `: ${lastFailure}`;
    const what = { up: "answers again", down: "is down", loop: "leads back to this server" }[health];
    return [{ kind: "resolver", text: `Resolver ${resolver} ${what}${why}.` }];
  });
}

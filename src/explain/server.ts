import { type Address, octetsOf } from "../base/addresses.js";
import { NetworkList } from "../base/network-list.js";
import type { AnswerConfig } from "../config/config.js";
import type { LiveReport } from "../sources/mesos/live/report.js";
import { type Finding, finding } from "./finding.js";
import { counted } from "./words.js";

/** What a server that runs knows of its state. Times are milliseconds since the epoch. */
export interface ServerState {
  readonly isStale: boolean;
  /** When the state was fetched; `undefined` before the first. */
  readonly fetchedAt: number | undefined;
  readonly live: LiveReport;
  readonly now: number;
}

/** What is true of all answers from the zones at this moment, where it is not as usual. */
export function explainState({ isStale, fetchedAt, live, now }: ServerState): readonly Finding[] {
  const { heldState, held } = live;
  const stale =
    isStale && fetchedAt !== undefined
      ? [
          finding(
            "stale",
            `The state is ${secondsFrom(fetchedAt, now)} s old, more than stateMaxAgeSeconds: /readyz says why.`,
          ),
        ]
      : [];
  const shrunk = heldState
    ? [
        finding(
          "held_state",
          `For ${secondsFrom(heldState.since, now)} s a newer state of ${heldState.leader} has been held back, which would leave ${heldState.remaining} of ${heldState.records} records (maxShrink): what is new in it is not served yet.`,
        ),
      ]
    : [];
  const kept =
    held.tasks > 0
      ? [
          finding(
            "held",
            `${counted(held.tasks, "task")} in all ${held.tasks === 1 ? "is" : "are"} served although the leading master does not report ${held.tasks === 1 ? "it" : "them"} (failoverGrace).`,
          ),
        ]
      : [];
  return [...stale, ...shrunk, ...kept];
}

function secondsFrom(then: number, now: number): number {
  return Math.max(0, Math.round((now - then) / 1000));
}

type Access = Pick<AnswerConfig, "allowQuery" | "allowRecursion">;

/** What becomes of a client's query before its name counts. @param isOurs whether the name is in a zone of this server */
export function explainClient(
  client: Address,
  isOurs: boolean,
  { allowQuery, allowRecursion }: Access,
): readonly Finding[] {
  const octets = octetsOf(client);
  if (!new NetworkList(allowQuery).includes(octets)) {
    return [finding("client_refused", `${client.text} is outside allowQuery: every query of it is REFUSED.`)];
  }
  if (isOurs || new NetworkList(allowRecursion).includes(octets)) return [];
  return [
    finding(
      "client_refused",
      `${client.text} is outside allowRecursion: it gets this server's own names alone, and REFUSED for this one.`,
    ),
  ];
}

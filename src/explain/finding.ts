/** What an explanation can say, and what that means. docs/explain.md has this list. */
export const REASONS = {
  not_ready: "there is no state of a master yet, so nothing is known",
  in_zone: "the name is in one of this server's zones, and is answered from it",
  records: "the name has these records",
  no_records: "the name exists because there are names below it, and has no records: NODATA",
  no_such_name: "there is no such name: NXDOMAIN",
  similar: "there are names that differ in a letter or two",
  apex: "the name is a zone's apex",
  wildcard: "a wildcard stands for the name",
  alias: "the name is an alias",
  delegated: "the name is delegated to other servers",
  task: "a task gives the name records",
  agent: "an agent gives the name records",
  framework: "a framework gives the name records",
  masters: "the masters give the name records",
  name_server: "the configuration's name servers give the name records",
  static_record: "the configuration's own records give the name records",
  policy: "the record's policy leaves out values, for their health or weight",
  fail_open: "no value is healthy, so all are answered",
  vip: "the name, or the address, is virtual",
  consul: "an instance, or a node, of Consul's view gives the name records",
  critical: "an instance of Consul's view is left out, as a check is critical",
  more: "there are more findings of a kind than are shown",
  label: "the name in Mesos is not a label as it stands",
  address: "where a task's addresses come from",
  names: "the names that a task or an address has",
  unhealthy: "an unhealthy task is left out, or counts for want of healthy ones",
  hidden: "a record of the configuration hides what the cluster gives",
  reserved: "the name is kept for something else",
  wildcard_label: "a name with the label * is published as a label only",
  held: "the master does not report it; it is served because of failoverGrace",
  held_state: "a newer state is held back because of maxShrink",
  stale: "the state is older than stateMaxAgeSeconds",
  killing: "the task is being killed",
  not_running: "no running task has this id",
  called: "a service, a framework or an agent is called so in Mesos",
  malformed: "it is not as Mesos writes it",
  unknown_agent: "the task's agent is not in the state",
  no_address: "no source of addresses has one",
  invalid_name: "no DNS name can be made of it",
  reverse: "whose the address is, and the name it leads to",
  reverse_nowhere: "the address leads to no name, and why",
  unknown_address: "nothing in the cluster has the address",
  local_name: "the name never leaves this server",
  forwarded: "the name is somebody else's, and is forwarded",
  not_forwarded: "the name is somebody else's, and is refused",
  resolver: "the state of a resolver that is asked",
  cached: "an answer is in the cache",
  not_cached: "no answer is in the cache",
  client_refused: "the client is outside allowQuery or allowRecursion",
} as const;

export type Reason = keyof typeof REASONS;

/** One fact about a question. */
export interface Finding {
  readonly reason: Reason;
  /** A sentence, or several. */
  readonly text: string;
}

/** A question, and who asks it. */
export interface AskedWhy {
  /** A name, the id of a task, or an address. */
  readonly question: string;
  /** An address of which it is asked what it is answered; "" for any. */
  readonly client: string;
  /** The address of whoever asks this. */
  readonly asker: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
}

export function finding(reason: Reason, text: string): Finding {
  return { reason, text };
}

/** How many findings of a kind are shown. */
const MAX_SHOWN = 20;

/** These findings, or as many as are shown and how many more there are. @param what they are about, as `tasks` */
export function atMost(findings: readonly Finding[], what: string): readonly Finding[] {
  if (findings.length <= MAX_SHOWN) return findings;
  const more = findings.length - MAX_SHOWN;
  return [...findings.slice(0, MAX_SHOWN), finding("more", `So do ${more} more ${what}.`)];
}

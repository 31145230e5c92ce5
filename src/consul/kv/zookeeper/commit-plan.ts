import { MesosDnsError } from "../../../base/errors.js";
import type { ZooKeeperStep } from "../../../sources/mesos/zookeeper/contract.js";
import { Draft } from "../draft.js";
import type { Change, KvLimits, KvView } from "../model.js";
import type { KvState } from "../state.js";
import { timeIndex } from "../time-index.js";
import type { Job } from "../waiting-writes.js";
import { type Head, headWith, type Touched } from "./head.js";
import { encode, idOf, type NodeName, nameOf, pathOf, type StoredChange } from "./layout.js";

/** Octets of one transaction beside the head. With that they stay below what servers accept by default (jute.maxbuffer, 1,048,575). */
const MAX_STEPS = 850_000;
/** What removing a node takes of them: its path and what is around it. */
const REMOVAL = 84;
/** What another change takes beside keys and values, about: path, access, and the names of fields. */
const FRAME = 600;

/** What is known of the ensemble. */
export interface Known {
  readonly state: KvState;
  /** Whether there is a node. */
  has(path: string): boolean;
  /** Lock delays that are over at this time, in milliseconds since the epoch: a few at a time. */
  delaysBefore(time: number): readonly NodeName[];
}

/** What one transaction does, for which jobs. */
export interface Plan {
  readonly id: string;
  readonly jobs: readonly Planned[];
  /** Jobs that no transaction has room for. */
  readonly tooLarge: readonly Planned[];
  readonly changes: readonly Change[];
  /** The nodes that there are afterwards, or no more. */
  readonly touched: readonly Touched[];
  readonly steps: readonly ZooKeeperStep[];
  /** What the head is to become. */
  readonly head: Head;
}

export interface Planned {
  readonly job: Job;
  /** Call this when the plan has been carried out. */
  readonly settle: () => void;
}

export interface PlanOptions {
  /** A UUID of this plan's own. */
  readonly id: string;
  readonly limits: KvLimits;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Decides as many jobs as one transaction may have, one after another, on what is known. */
export function planCommit(
  waiting: Iterable<Job>,
  known: Known,
  before: Head,
  { id, limits, wallClock }: PlanOptions,
): Plan {
  const { state } = known;
  const draft = new Draft(state);
  const jobs: Planned[] = [];
  const tooLarge: Planned[] = [];
  let octets = 0;
  let last = Math.max(state.index, before.index);
  for (const job of waiting) {
    const index = Math.max(last + 1, timeIndex(wallClock));
    const trial = new Draft(draft);
    const { ok, settle } = job.decide(trial, { index, now: wallClock(), limits });
    const changes = ok ? trial.changes : [];
    const cost = changes.reduce((sum, change) => sum + costOf(change, trial), 0);
    if (cost > MAX_STEPS) {
      tooLarge.push({ job, settle: () => job.reject(tooLargeError(cost)) });
      continue;
    }
    if (octets + cost > MAX_STEPS) break;
    jobs.push({ job, settle });
    if (changes.length === 0) continue;
    octets += cost;
    last = index;
    for (const change of changes) draft.apply(change);
  }
  const index = Math.max(last, before.index + 1);
  const swept = draft.changes.length > 0 ? known.delaysBefore(wallClock()) : [];
  const touched = [...touchedIn(draft.changes), ...swept.map((name): Touched => [name, index])];
  const steps = touched.flatMap(([name, removed]) => stepsOf(name, removed === undefined ? draft : undefined, known));
  const head = headWith(before, { id, after: before.index, index, touched });
  return { id, jobs, tooLarge, changes: draft.changes, touched, steps, head };
}

function costOf(change: Change, view: KvView): number {
  const content = contentOf(nameOf(change), view);
  if (!content) return REMOVAL;
  if (content.kind === "set") {
    const { key, value } = content.entry;
    return FRAME + value.length + Buffer.byteLength(JSON.stringify(key));
  }
  return FRAME + Buffer.byteLength(JSON.stringify(content));
}

/** Every node that changes touch, with what is so at last. */
function touchedIn(changes: readonly Change[]): readonly Touched[] {
  const last = new Map<NodeName, Touched>();
  for (const change of changes) {
    const name = nameOf(change);
    last.delete(name);
    last.set(name, change.kind === "delete" || change.kind === "end" ? [name, change.index] : [name]);
  }
  return [...last.values()];
}

/** @param view what there is to be; `undefined` for a node that is to go */
function stepsOf(name: NodeName, view: KvView | undefined, known: Known): readonly ZooKeeperStep[] {
  const path = pathOf(name);
  const content = view && contentOf(name, view);
  if (content) return [{ kind: known.has(path) ? "set" : "create", path, data: encode(content) }];
  return known.has(path) ? [{ kind: "remove", path }] : [];
}

function contentOf(name: NodeName, view: KvView): StoredChange | undefined {
  const id = idOf(name);
  if (name.startsWith("delay:")) return { kind: "delay", key: id, until: view.delayedUntil(id) };
  if (name.startsWith("session:")) {
    const session = view.session(id);
    return session && { kind: "session", session };
  }
  const entry = view.entry(id);
  return entry && { kind: "set", entry };
}

function tooLargeError(octets: number): MesosDnsError {
  const message = `the write would change ${octets} octets of ZooKeeper's nodes at once, and may change ${MAX_STEPS}`;
  return new MesosDnsError("KV_TOO_LARGE", `${message}: write less, or fewer keys, at a time`);
}

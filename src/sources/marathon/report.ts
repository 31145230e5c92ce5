import type { ErrorCode } from "../../base/errors.js";
import type { HeldApps } from "./belief.js";

/** How one Marathon is followed, in plain values. Times are milliseconds since the epoch. */
export interface MarathonReport {
  readonly name: string;
  /** The node that answered last, and the leader behind it; `undefined` before the first answer. */
  readonly url: string | undefined;
  readonly leader: string | undefined;
  /** When it last told what there is; `undefined` if it never did. */
  readonly currentAt: number | undefined;
  /** Why it does not tell now; `undefined` while it does. What it told last counts. */
  readonly trouble: MarathonTrouble | undefined;
  /** What counts although the last list lacks it, and how often a list was held. */
  readonly held: HeldApps | undefined;
  readonly heldLists: number;
  readonly apps: number;
  readonly tasks: number;
  /** Pods, which are not carried. */
  readonly pods: number;
  /** Apps and tasks of the last list that could not be read. */
  readonly leftOut: number;
  readonly fetches: { readonly good: number; readonly failed: number };
  readonly stream: MarathonStreamReport;
}

export interface MarathonTrouble {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface MarathonStreamReport {
  /** The leader whose events are read; `undefined` while there is no stream. */
  readonly from: string | undefined;
  /** How many streams have begun. */
  readonly begun: number;
  /** Counts by type: of those that were asked for, and `other`. */
  readonly events: Readonly<Record<string, number>>;
  /** Why there is no stream; `undefined` while there is one, and before the first attempt. */
  readonly trouble: MarathonTrouble | undefined;
}

import type { Client } from "../answer/request.js";
import type { Forwarded } from "./contract.js";
import type { Group } from "./groups.js";
import type { Resolution } from "./resolution.js";

/** A client's query that waits for a resolution. */
export interface Waiter {
  readonly client: Client;
  readonly done: (forwarded: Forwarded) => void;
  cancelTimer: (() => void) | undefined;
}

/** A question under way, and who waits for it. */
export interface PendingQuestion {
  readonly key: string;
  readonly group: Group;
  /** How often answers had been forgotten when it began. */
  readonly epoch: number;
  resolution: Resolution | undefined;
  readonly waiters: Set<Waiter>;
}

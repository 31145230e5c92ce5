import type { Client } from "../answer/request.js";
import type { Forwarded } from "./contract.js";
import type { Group } from "./groups.js";
import type { Resolution } from "./resolution.js";

/** A client's query that waits for a question's answer. */
export interface Waiter {
  readonly client: Client;
  readonly done: (forwarded: Forwarded) => void;
  cancelTimer: (() => void) | undefined;
}

/** A question that upstreams are being asked, and the queries that wait for its answer. */
export interface PendingQuestion {
  /** Key in the cache; "" if the answer is for one client only. */
  readonly key: string;
  readonly group: Group;
  /** The forwarder's epoch when the question began. Its answer is not cached in another. */
  readonly epoch: number;
  resolution: Resolution | undefined;
  readonly waiters: Set<Waiter>;
}

import type { Failure } from "../../../base/errors.js";
import type { UnreadableNode } from "./election.js";

/** An event of following ZooKeeper, in plain values for another thread. */
export type ZooKeeperNews =
  /** Following has begun, and no master is known yet. */
  | { readonly kind: "begun" }
  | { readonly kind: "connected"; readonly server: string }
  | { readonly kind: "disconnected"; readonly server: string; readonly reason: string }
  /** The masters that can be read, as `host:port`, the leader first; and why others cannot be read. */
  | { readonly kind: "election"; readonly masters: readonly string[]; readonly unreadable: readonly UnreadableNode[] }
  | { readonly kind: "failure"; readonly failure: Failure };

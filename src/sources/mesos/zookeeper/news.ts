import type { Failure } from "../../../base/errors.js";
import type { UnreadableNode } from "./election.js";

/** What is heard from ZooKeeper, as it happens. */
export type ZooKeeperNews =
  /** It has begun to follow: nothing is known yet. */
  | { readonly kind: "begun" }
  | { readonly kind: "connected"; readonly server: string }
  | { readonly kind: "disconnected"; readonly server: string; readonly reason: string }
  /** The masters that can be read, the leader first, as `host:port`, and why others cannot be. */
  | { readonly kind: "election"; readonly masters: readonly string[]; readonly unreadable: readonly UnreadableNode[] }
  | { readonly kind: "failure"; readonly failure: Failure };

import type { MessagePort } from "node:worker_threads";
import type { Verbosity } from "../base/log.js";
import type { Change } from "../console/changes.js";
import type { ClusterPiece, ServiceKey, TaskDetail, TaskKey } from "../console/model.js";
import type { Question } from "../console/questions.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";

/** The messages to and from the console's thread: plain values, shared memory and ports. */

export interface ConsoleStart {
  readonly verbosity: Verbosity;
  /** The newest snapshot, with all its shards. */
  readonly current: SnapshotUpdate;
}

/** The ports of a builder: one for snapshots, one for the cluster. */
export interface BuilderPorts {
  readonly snapshots: MessagePort;
  readonly cluster: MessagePort;
}

export type ToConsoleThread =
  /** Those of the builder that has just been started, or of the one that runs. */
  | ({ readonly kind: "builder" } & BuilderPorts)
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  | { readonly kind: "stop" };

export type FromConsoleThread =
  /** JSON text; `undefined` if there is no such thing. */
  | { readonly kind: "answer"; readonly id: number; readonly text: string | undefined }
  | { readonly kind: "failed"; readonly id: number; readonly message: string }
  | { readonly kind: "changes"; readonly changes: readonly Change[] };

/** From the console's thread to the builder. */
export type ToClusterPort =
  /** The last piece has been taken: the next one may be sent. */
  | { readonly kind: "taken" }
  | { readonly kind: "detail"; readonly id: number; readonly task: TaskKey }
  | { readonly kind: "starts"; readonly id: number; readonly service: ServiceKey };

export type FromClusterPort =
  | { readonly kind: "piece"; readonly piece: ClusterPiece }
  /** `undefined` if there is no such task. */
  | { readonly kind: "detail"; readonly id: number; readonly detail: TaskDetail | undefined }
  /** With what the names of a service begin. */
  | { readonly kind: "starts"; readonly id: number; readonly starts: readonly string[] };

/** The builder's end of the port. */
export interface ClusterPort {
  postMessage(message: FromClusterPort): void;
  on(event: "message", listener: (message: ToClusterPort) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  close(): void;
}

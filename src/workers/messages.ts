import type { MessagePort } from "node:worker_threads";
import type { Config } from "../config/config.js";
import type { Verbosity } from "../log.js";
import type { BuildReport, ForwardCounts, StateFailure, ZooKeeperNews } from "../status.js";
import type { Certificate } from "../transport/tcp.js";
import type { Apex } from "../zone/apex.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";

/** Everything that threads say to each other. Only plain values, shared memory and ports: never a tree of JSON. */

export interface ResponderStart {
  readonly config: Config;
  readonly verbosity: Verbosity;
  /** The zones before the first state. */
  readonly apexes: readonly Apex[];
  /** Memory of the thread's `QueryStats`. */
  readonly stats: SharedArrayBuffer;
  /** Secret of the cookies where the configuration gives none. */
  readonly ownSecret: Uint8Array;
  /** For DNS over TLS. */
  readonly certificate: Certificate | undefined;
}

export type ToResponder =
  /** Where `SnapshotUpdate`s come from, and where the generation of each goes back to when it is in use: a builder that has just been started. */
  | { readonly kind: "snapshots"; readonly port: MessagePort }
  | { readonly kind: "configure"; readonly config: Config; readonly certificate: Certificate | undefined }
  | { readonly kind: "stale"; readonly stale: boolean }
  | { readonly kind: "stop" };

export type FromResponder =
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly failure: StateFailure }
  | { readonly kind: "forwards"; readonly counts: ForwardCounts; readonly inFlight: number }
  | { readonly kind: "stopped" };

export interface BuilderStart {
  readonly config: Config;
  readonly verbosity: Verbosity;
  /** Seed of the name hash. */
  readonly seed: number;
  /** Serials below or at this have been used. */
  readonly serial: number;
  /** Generation of the newest snapshot there is. */
  readonly generation: number;
  /** One port a responder: it is sent `SnapshotUpdate`s, and says which generation it reads. */
  readonly responders: readonly MessagePort[];
}

export type ToBuilder =
  | { readonly kind: "configure"; readonly config: Config }
  /** The main thread reads these generations and no others. */
  | { readonly kind: "holding"; readonly generations: readonly number[] }
  /** Asks for the next piece of the enumeration `id`; the first one starts it. */
  | { readonly kind: "enumerate"; readonly id: number }
  | { readonly kind: "enumerated"; readonly id: number }
  | { readonly kind: "stop" };

export type FromBuilder =
  | {
      readonly kind: "built";
      /** Nothing where the zone is as it was. */
      readonly update: SnapshotUpdate | undefined;
      readonly report: BuildReport;
      /** False where a changed configuration was the reason. */
      readonly fetched: boolean;
    }
  | { readonly kind: "failure"; readonly failure: StateFailure }
  | { readonly kind: "zookeeper"; readonly news: ZooKeeperNews }
  /** The next piece of JSON text; `undefined` behind the last. */
  | { readonly kind: "piece"; readonly id: number; readonly text: string | undefined };

import type { MessagePort } from "node:worker_threads";
import type { Failure } from "../base/errors.js";
import type { Verbosity } from "../base/log.js";
import type { BuildConfig } from "../build/zone-builder.js";
import type { CatalogPiece } from "../catalog/pieces.js";
import type { ClusterConfig, SocketConfig, StateConfig } from "../config/config.js";
import type { ForwardReport } from "../forward/report.js";
import type { OwnSecrets, Share, StackConfig } from "../serving/stack.js";
import type { LiveReport } from "../sources/mesos/live/report.js";
import type { ZooKeeperNews } from "../sources/mesos/zookeeper/news.js";
import type { BuildReport } from "../status/status.js";
import type { Certificates } from "../transport/certificate.js";
import type { InheritedSocket } from "../transport/inherited.js";
import type { UdpPlan } from "../transport/udp.js";
import type { Apex } from "../zone/apex.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";

/** What of the configuration an answering thread has. */
export type ResponderConfig = StackConfig & SocketConfig;
/** What of the configuration the builder has. */
export type BuilderConfig = ClusterConfig & BuildConfig & StateConfig;

/** Through it a responder is sent snapshots, and says which generation it reads. */
export interface ResponderPort {
  postMessage(update: SnapshotUpdate): void;
  on(event: "message", listener: (generation: number) => void): unknown;
  close(): void;
}

/** Everything that threads say to each other. Only plain values, shared memory and ports: never a tree of JSON. */

export interface ResponderStart {
  readonly config: ResponderConfig;
  readonly verbosity: Verbosity;
  /** The zones before the first state. */
  readonly apexes: readonly Apex[];
  /** A zone from before the start, to be served as stale until the first state. */
  readonly restored: SnapshotUpdate | undefined;
  /** Memory of the thread's `QueryStats`. */
  readonly stats: SharedArrayBuffer;
  readonly own: OwnSecrets;
  readonly certificates: Certificates;
  readonly share: Share;
  readonly plan: UdpPlan;
  /** Sockets that are open already. */
  readonly sockets: readonly InheritedSocket[];
  /** Number of the thread; the first one has the TCP and TLS listeners, and forwards for all. */
  readonly index: number;
}

export type ToResponder =
  /** Where `SnapshotUpdate`s come from, and where the generation of each goes back to when it is in use: a builder that has just been started. */
  | { readonly kind: "snapshots"; readonly port: MessagePort }
  /** The way to the first thread, which forwards for the others; or, told to that one, the way to another. */
  | { readonly kind: "forwarding"; readonly port: MessagePort }
  /** Asks to open the sockets when this generation is there, or a later one: snapshots come another way, and perhaps later. */
  | { readonly kind: "listen"; readonly generation: number }
  | { readonly kind: "configure"; readonly config: ResponderConfig; readonly certificates: Certificates }
  /** Asks to forget answers of resolvers, all or those for one name (lower-case wire form as latin1). */
  | { readonly kind: "flush"; readonly id: number; readonly name: string | undefined }
  | { readonly kind: "stale"; readonly stale: boolean }
  | { readonly kind: "stop" };

export type FromResponder =
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "forwarding"; readonly report: ForwardReport }
  | { readonly kind: "flushed"; readonly id: number; readonly answers: number }
  | { readonly kind: "stopped" };

export interface BuilderStart {
  readonly config: BuilderConfig;
  readonly verbosity: Verbosity;
  /** Seed of the name hash. */
  readonly seed: number;
  /** Serials below or at this have been used. */
  readonly serial: number;
  /** Generation of the newest snapshot there is. */
  readonly generation: number;
  /** Indexes of the catalogue up to this one have been used. */
  readonly catalogIndex: number;
  /** The cluster that was saved with the zone from before the start, as text. The builder lets go of it when it has been read. */
  savedCluster: Uint8Array | undefined;
  /** One port a responder: it is sent `SnapshotUpdate`s, and says which generation it reads. */
  readonly responders: readonly MessagePort[];
}

export type ToBuilder =
  | { readonly kind: "configure"; readonly config: BuilderConfig }
  /** The main thread reads this generation and, of those before it, the pinned ones. */
  | { readonly kind: "reading"; readonly generation: number; readonly pinned: readonly number[] }
  /** Asks for the next piece of the enumeration `id`; the first one starts it. */
  | { readonly kind: "enumerate"; readonly id: number }
  | { readonly kind: "enumerated"; readonly id: number }
  /** A piece of the catalogue has been taken in: the next may be sent. */
  | { readonly kind: "catalogTaken" }
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
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "live"; readonly report: LiveReport }
  | { readonly kind: "zookeeper"; readonly news: ZooKeeperNews }
  /** The next piece of the catalogue; another one is not sent before this one is said to have been taken. */
  | { readonly kind: "catalog"; readonly piece: CatalogPiece }
  /** The next piece of JSON text; `undefined` behind the last. */
  | { readonly kind: "piece"; readonly id: number; readonly text: string | undefined };

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
import type { TsigKey } from "../wire/tsig.js";
import type { Apex } from "../zone/apex.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";

/** The part of the configuration that a responder needs. */
export type ResponderConfig = StackConfig & SocketConfig;
/** The part of the configuration that the builder needs. */
export type BuilderConfig = ClusterConfig & BuildConfig & StateConfig;

/** The port through which a responder receives snapshots, and reports which generation it reads. */
export interface ResponderPort {
  postMessage(update: SnapshotUpdate): void;
  on(event: "message", listener: (generation: number) => void): unknown;
  close(): void;
}

/**
 * What a responder is started with. Like all messages in this file, it has only plain values, shared memory and ports, never a tree
 * of JSON.
 */

export interface ResponderStart {
  readonly config: ResponderConfig;
  readonly verbosity: Verbosity;
  /** The zones before the first state. */
  readonly apexes: readonly Apex[];
  /** The saved zone, which is served as stale until the first state. */
  readonly restored: SnapshotUpdate | undefined;
  /** The memory of the thread's `QueryStats`. */
  readonly stats: SharedArrayBuffer;
  readonly own: OwnSecrets;
  readonly certificates: Certificates;
  readonly tsigKeys: readonly TsigKey[];
  readonly share: Share;
  readonly plan: UdpPlan;
  /** Sockets that are already open. */
  readonly sockets: readonly InheritedSocket[];
  /** The number of the thread. The first one, 0, has the TCP and TLS listeners, and forwards for all. */
  readonly index: number;
}

export type ToResponder =
  /**
   * The port to a builder that has just been started. `SnapshotUpdate`s come from it; the responder sends back the generation that
   * it reads.
   */
  | { readonly kind: "snapshots"; readonly port: MessagePort }
  /** The port to the first responder, which forwards for the others. The first one itself receives a port for each of the others. */
  | { readonly kind: "forwarding"; readonly port: MessagePort }
  /** Open the sockets as soon as this or a later generation has arrived. Snapshots come through another port, perhaps later. */
  | { readonly kind: "listen"; readonly generation: number }
  | {
      readonly kind: "configure";
      readonly config: ResponderConfig;
      readonly certificates: Certificates;
      readonly tsigKeys: readonly TsigKey[];
    }
  /** Flush cached answers of upstreams, all or those for one name (lower-case wire form as latin1). */
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
  /** Serials up to this one have been used. */
  readonly serial: number;
  /** The generation of the newest snapshot. */
  readonly generation: number;
  /** Indexes of the catalogue up to this one have been used. */
  readonly catalogIndex: number;
  /** The cluster that was saved with the zone, as text. The builder frees it after reading it. */
  savedCluster: Uint8Array | undefined;
  /** One port for each responder, which receives `SnapshotUpdate`s and sends back the generation that it reads. */
  readonly responders: readonly MessagePort[];
}

export type ToBuilder =
  | { readonly kind: "configure"; readonly config: BuilderConfig }
  /** The main thread reads this generation, and the pinned ones before it. */
  | { readonly kind: "reading"; readonly generation: number; readonly pinned: readonly number[] }
  /** Requests the next piece of the enumeration `id`. The first request begins it. */
  | { readonly kind: "enumerate"; readonly id: number }
  | { readonly kind: "enumerated"; readonly id: number }
  /** The last piece of the catalogue has been taken: the next one may be sent. */
  | { readonly kind: "catalogTaken" }
  | { readonly kind: "stop" };

export type FromBuilder =
  | {
      readonly kind: "built";
      /** `undefined` if the zone has not changed. */
      readonly update: SnapshotUpdate | undefined;
      readonly report: BuildReport;
      /** False if the build was due to a changed configuration. */
      readonly fetched: boolean;
    }
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "live"; readonly report: LiveReport }
  | { readonly kind: "zookeeper"; readonly news: ZooKeeperNews }
  /** The next piece of the catalogue. No other one is sent before `catalogTaken`. */
  | { readonly kind: "catalog"; readonly piece: CatalogPiece }
  /** The next piece of JSON text; `undefined` after the last. */
  | { readonly kind: "piece"; readonly id: number; readonly text: string | undefined };

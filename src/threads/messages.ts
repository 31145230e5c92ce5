import type { MessagePort } from "node:worker_threads";
import type { Failure } from "../base/errors.js";
import type { Verbosity } from "../base/log.js";
import type { BuildConfig } from "../build/build-config.js";
import type { CatalogPiece } from "../catalog/pieces.js";
import type { ClusterConfig, HealthConfig, SocketConfig, StateConfig, TransferConfig } from "../config/config.js";
import type { Instance } from "../config/health.js";
import type { QueryLogSettings } from "../config/query-log.js";
import type { ConsulPiece } from "../consul/registry/pieces.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import type { ForwardReport } from "../forward/report.js";
import type { Override, Overrides } from "../health/overrides.js";
import type { HealthReport, Overridden } from "../health/report.js";
import type { CheckState } from "../health/state.js";
import type { Recording } from "../query-log/recording.js";
import type { OwnSecrets, Share, StackConfig } from "../serving/stack.js";
import type { LiveReport } from "../sources/mesos/live/report.js";
import type { ZooKeeperNews } from "../sources/mesos/zookeeper/news.js";
import type { BuildReport } from "../status/status.js";
import type { TopReport } from "../top/minute.js";
import type { TransferNumbers } from "../transfer/report.js";
import type { Certificates } from "../transport/certificate.js";
import type { InheritedSocket } from "../transport/inherited.js";
import type { UdpPlan } from "../transport/udp.js";
import type { VipPiece } from "../vips/piece.js";
import type { TsigKey } from "../wire/tsig.js";
import type { Apex } from "../zone/apex.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { Explained } from "./explanations.js";
import type { RecordingPurpose } from "./recorder-switch.js";

/** The part of the configuration that a responder needs. */
export type ResponderConfig = StackConfig & SocketConfig;
/** The part of the configuration that the builder needs. */
export type BuilderConfig = ClusterConfig & BuildConfig & StateConfig & Pick<HealthConfig, "healthChecks">;

/** The generation that a thread reads now, and the older ones that some of its work still reads. */
export interface Reading {
  readonly generation: number;
  readonly pinned: readonly number[];
}

/** The port through which a thread receives snapshots, and reports which generations it reads. */
export interface ReaderPort {
  postMessage(update: SnapshotUpdate): void;
  on(event: "message", listener: (reading: Reading) => void): unknown;
  on(event: "close", listener: () => void): unknown;
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
  /** The zone that was saved last, which is served until the first build. */
  | { readonly kind: "restored"; readonly update: SnapshotUpdate }
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
  /** Which answers to this name are cached. */
  | { readonly kind: "lookUp"; readonly id: number; readonly name: string }
  | { readonly kind: "stale"; readonly stale: boolean }
  /** What to record of queries, and where; nothing if `undefined`. */
  | {
      readonly kind: "record";
      readonly recording: Recording | undefined;
      readonly purpose: RecordingPurpose;
    }
  /** The port to the thread that transfers zones: `ToTransfers` and `FromTransfers`. Without it, zones are not transferred. */
  | { readonly kind: "transfers"; readonly port: MessagePort | undefined }
  | { readonly kind: "stop" };

export type FromResponder =
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "forwarding"; readonly report: ForwardReport }
  | { readonly kind: "flushed"; readonly id: number; readonly answers: number }
  | { readonly kind: "lookedUp"; readonly id: number; readonly answers: readonly CachedAnswer[] }
  | { readonly kind: "stopped" };

/** What the thread that transfers zones is started with. */
export interface TransferStart {
  readonly config: TransferConfig & Pick<SocketConfig, "listener"> & Pick<StateConfig, "stateDir">;
  readonly keys: readonly TsigKey[];
  readonly verbosity: Verbosity;
  /** The newest snapshot, with all its shards. */
  readonly current: SnapshotUpdate;
  /** Whether it is the one with which an earlier process has stopped. The journal that was saved with it then goes on. */
  readonly isLatest: boolean;
}

export type ToTransferThread =
  /** The port to a builder that has just been started. */
  | { readonly kind: "snapshots"; readonly port: MessagePort }
  /** The port to a thread that has sockets for clients: `ToTransfers` and `FromTransfers`. */
  | { readonly kind: "clients"; readonly port: MessagePort }
  | ({ readonly kind: "configure" } & Pick<TransferStart, "config" | "keys">)
  | { readonly kind: "stop" };

export type FromTransferThread = { readonly kind: "report"; readonly report: TransferNumbers };

/** What the thread that writes the query log is started with. */
export interface QueryLogStart {
  readonly settings: QueryLogSettings;
  /** The rings of the threads that answer. */
  readonly rings: readonly SharedArrayBuffer[];
  /** The memory of `QueryLogCounts`. */
  readonly counts: SharedArrayBuffer;
  /** The name of this server in dnstap. */
  readonly identity: string;
  readonly verbosity: Verbosity;
}

/** What the thread that counts queries is started with. */
export interface TopStart {
  /** The rings of the threads that answer. */
  readonly rings: readonly SharedArrayBuffer[];
  /** The memory of `QueryLogCounts`. */
  readonly counts: SharedArrayBuffer;
}

export type ToTopThread =
  /** @param limit how many of each are told */
  { readonly kind: "report"; readonly id: number; readonly limit: number } | { readonly kind: "stop" };

export type FromTopThread = { readonly kind: "report"; readonly id: number; readonly report: TopReport };

export type ToQueryLogThread =
  /** Open the file again if it has been moved. */
  { readonly kind: "reopen" } | { readonly kind: "stop" };

/** What the thread that checks targets is started with. */
export interface HealthStart {
  readonly instances: readonly Instance[];
  /** Folder for what people have said of them, or "". */
  readonly stateDir: string;
  readonly verbosity: Verbosity;
  /** What an earlier thread knew: by instance, and which of them were unhealthy. */
  readonly known: readonly (readonly [instance: string, state: CheckState])[];
  readonly unhealthy: readonly string[];
  /** What people had said of them until then; `undefined` if there was no earlier thread, and the folder's file has it. */
  readonly overrides: Overrides | undefined;
}

export type ToHealthThread =
  | { readonly kind: "configure"; readonly instances: readonly Instance[] }
  /** Somebody says what an instance is; `undefined` takes it back. */
  | {
      readonly kind: "override";
      readonly id: number;
      readonly instance: string;
      readonly override: Override | undefined;
    }
  | { readonly kind: "stop" };

export type FromHealthThread =
  /** All instances that are unhealthy now: sent at once whenever that changes. */
  | { readonly kind: "unhealthy"; readonly instances: readonly string[]; readonly report: HealthReport }
  | { readonly kind: "report"; readonly report: HealthReport }
  | ({ readonly kind: "overridden"; readonly id: number } & Overridden);

export interface BuilderStart {
  readonly config: BuilderConfig;
  readonly verbosity: Verbosity;
  /** Seed of the name hash. */
  readonly seed: number;
  /** The newest snapshot, with all its shards. */
  readonly current: SnapshotUpdate;
  /** Whether no newer one can have been published. */
  readonly isLatest: boolean;
  /** Indexes of the catalogue up to this one have been used. */
  readonly catalogIndex: number;
  /** The same of Consul's catalogue. */
  readonly consulIndex: number;
  /** The instances of health checks that are unhealthy. */
  readonly unhealthy: readonly string[];
  /** Whether the zone that was saved last is served. The builder goes on from the cluster that was saved with it. */
  readonly isRestored: boolean;
  /** One port for each thread that receives `SnapshotUpdate`s and sends back which generations it reads. */
  readonly readers: readonly MessagePort[];
}

export type ToBuilder =
  /** The first message. The thread may have been waiting for it. */
  | { readonly kind: "start"; readonly start: BuilderStart }
  | { readonly kind: "configure"; readonly config: BuilderConfig }
  /** All instances of health checks that are unhealthy from now on. */
  | { readonly kind: "unhealthy"; readonly instances: readonly string[] }
  /** What the main thread reads. */
  | ({ readonly kind: "reading" } & Reading)
  /** A thread that has been started later, which gets the whole zone and then updates. */
  | { readonly kind: "reader"; readonly port: MessagePort }
  /** The port to the console's thread, which is told of the cluster: `FromClusterPort` and `ToClusterPort`. */
  | { readonly kind: "console"; readonly port: MessagePort }
  /** Requests the next piece of the enumeration `id`. The first request begins it. */
  | { readonly kind: "enumerate"; readonly id: number }
  | { readonly kind: "enumerated"; readonly id: number }
  /** Somebody asks why something is answered as it is. */
  | { readonly kind: "explain"; readonly id: number; readonly question: string }
  /** Nobody waits for this explanation any more. */
  | { readonly kind: "unasked"; readonly id: number }
  /** The last piece of the catalogue has been taken: the next one may be sent. */
  | { readonly kind: "catalogTaken" }
  /** The same of Consul's catalogue. */
  | { readonly kind: "consulTaken" }
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
  /** What has changed of the virtual addresses. */
  | { readonly kind: "vips"; readonly piece: VipPiece }
  /** The next piece of Consul's catalogue. No other one is sent before `consulTaken`. */
  | { readonly kind: "consul"; readonly piece: ConsulPiece }
  /** The next piece of the catalogue. No other one is sent before `catalogTaken`. */
  | { readonly kind: "catalog"; readonly piece: CatalogPiece }
  /** The answer to `explain`. */
  | { readonly kind: "explained"; readonly id: number; readonly outcome: Explained }
  /** The next piece of JSON text; `undefined` after the last. */
  | { readonly kind: "piece"; readonly id: number; readonly text: string | undefined };

/** Those about the cluster itself. */
export type ClusterMessage = Exclude<FromBuilder, { kind: "piece" | "explained" | "catalog" | "vips" | "consul" }>;

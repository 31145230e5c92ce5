import type { Logger, Verbosity } from "../base/log.js";
import type { Config } from "../config/config.js";
import type { RecordsFileReport } from "../status/status.js";
import type { SpawnBuilder } from "../threads/builder-handle.js";
import type { Certificates } from "../transport/certificate.js";
import type { InheritedSocket } from "../transport/inherited.js";
import type { UdpPlan } from "../transport/udp.js";
import type { TsigKey } from "../wire/tsig.js";

/** What the running server is made with. */
export interface AppOptions {
  readonly config: Config;
  readonly certificates: Certificates;
  readonly tsigKeys: readonly TsigKey[];
  /** The UDP engine, and the number of DNS threads. */
  readonly plan: UdpPlan;
  /** Sockets that systemd has opened for this process. */
  readonly sockets: readonly InheritedSocket[];
  /** Whether to replace another process that has the addresses. */
  readonly takeOver: boolean;
  readonly verbosity: Verbosity;
  readonly spawnBuilder: SpawnBuilder;
  readonly log: Logger;
  /** What there is to see of the file of records. */
  readonly recordsFile: () => RecordsFileReport | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called when a responder has ended by itself: the process cannot go on. */
  readonly onFatal: (error: Error) => void;
}

import type { MessagePort } from "node:worker_threads";
import type { Logger, Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import type { SocketConfig, StateConfig, TransferConfig } from "../config/config.js";
import { transfersZones } from "../config/transfers.js";
import type { Responders } from "../threads/responders.js";
import { spawnTransfers, TransferHandle } from "../threads/transfer-handle.js";
import type { TransferNumbers } from "../transfer/report.js";
import type { TsigKey } from "../wire/tsig.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";

type Config = TransferConfig & Pick<SocketConfig, "listener"> & Pick<StateConfig, "stateDir">;

export interface ZoneTransfersParts {
  readonly responders: Responders;
  /** The newest snapshot, with all its shards. */
  readonly current: () => SnapshotUpdate;
  /** Whether it is the one with which an earlier process has stopped. */
  readonly isLatest: () => boolean;
  /** Gives the builder that runs now a further thread that reads snapshots. */
  readonly addReader: (port: MessagePort) => void;
  readonly log: Logger;
  readonly verbosity: Verbosity;
}

/** The thread that transfers zones: there is one while somebody may transfer them, or is told of changes. */
export class ZoneTransfers {
  readonly #parts: ZoneTransfersParts;
  #config: Config;
  #keys: readonly TsigKey[];
  #handle: TransferHandle | undefined;

  constructor(parts: ZoneTransfersParts, config: Config, keys: readonly TsigKey[]) {
    this.#parts = parts;
    this.#config = config;
    this.#keys = keys;
  }

  /** Whether zones are transferred. */
  get isOn(): boolean {
    return this.#handle !== undefined;
  }

  /** The last report of the thread; `undefined` if there is none. */
  get report(): TransferNumbers | undefined {
    return this.#handle?.report;
  }

  start(): void {
    if (!transfersZones(this.#config)) return;
    const { current, isLatest, log, verbosity } = this.#parts;
    this.#handle = new TransferHandle({
      log,
      timers: systemTimers,
      startOf: () => ({ config: this.#config, keys: this.#keys, verbosity, current: current(), isLatest: isLatest() }),
      connect: (handle) => this.#connect(handle),
      spawn: spawnTransfers,
    });
    this.#handle.start();
  }

  async configure(config: Config, keys: readonly TsigKey[]): Promise<void> {
    this.#config = config;
    this.#keys = keys;
    if (!this.#handle) this.start();
    else if (transfersZones(config)) this.#handle.configure({ config, keys });
    else await this.stop();
  }

  /** A port for a builder that is about to start. A thread that is about to start gets one when it does. */
  readers(): readonly MessagePort[] {
    return this.#handle?.isRunning ? [this.#handle.snapshots()] : [];
  }

  async stop(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#parts.responders.connectTransfers(undefined);
    await handle?.stop();
  }

  #connect(handle: TransferHandle): void {
    const { responders, addReader } = this.#parts;
    responders.connectTransfers(() => handle.clients());
    addReader(handle.snapshots());
  }
}

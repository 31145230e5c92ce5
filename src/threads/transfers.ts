import { codeOf, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { StateConfig, TransferConfig } from "../config/config.js";
import { TransferAccess } from "../transfer/access.js";
import { GivenVersions } from "../transfer/given-versions.js";
import { ZoneHistory } from "../transfer/history.js";
import { Journal } from "../transfer/journal.js";
import { Notifier } from "../transfer/notify/notifier.js";
import { type TransferNumbers, TransferReport } from "../transfer/report.js";
import { TransferServer } from "../transfer/server.js";
import { digestOf, saveTransfers, type TransferFiles, takeTransfers } from "../transfer/transfer-file.js";
import type { FromTransfers, OpenTransfer, ToTransfers } from "../transfer/transport.js";
import { TransferTurns } from "../transfer/turns.js";
import { type TsigKey, TsigKeys } from "../wire/tsig.js";
import { HeldSnapshots } from "../zone/held-snapshots.js";
import type { Snapshot, SnapshotUpdate } from "../zone/snapshot.js";
import type { FromTransferThread, Reading, ToTransferThread } from "./messages.js";
import { Reporter } from "./reporter.js";

/** More steps are no use: no secondary is that far behind. */
const MAX_STEPS = 10_000;

/** The port from which snapshots come. */
interface SnapshotPort {
  on(event: "message", listener: (update: SnapshotUpdate) => void): unknown;
  postMessage(reading: Reading): void;
  close(): void;
}

/** A port to a thread that has sockets for clients. */
export interface ClientPort {
  on(event: "message", listener: (message: ToTransfers) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  postMessage(message: FromTransfers): void;
}

type Config = TransferConfig & Pick<StateConfig, "stateDir">;

export interface TransfersParts {
  readonly config: Config;
  readonly keys: readonly TsigKey[];
  /** Before the first state: empty zones, or the saved ones. */
  readonly snapshot: Snapshot;
  readonly port: { postMessage(message: FromTransferThread): void };
  readonly log: Pick<Logger, "info" | "warn">;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** From 0 to 65,535, not to be guessed. */
  readonly random16: () => number;
  readonly files: TransferFiles;
  /** Sends a datagram to a secondary. */
  readonly send: (octets: Uint8Array, address: string, port: number) => void;
}

/** Transfers zones to secondaries, and tells them of changes. It answers no other query, so it may take its time. */
export class Transfers {
  readonly #parts: TransfersParts;
  readonly #snapshots: HeldSnapshots;
  readonly #journal: Journal;
  readonly #given = new GivenVersions();
  readonly #history: ZoneHistory;
  readonly #turns: TransferTurns;
  readonly #report: TransferReport;
  readonly #server: TransferServer;
  readonly #notifier: Notifier;
  #updates: SnapshotPort | undefined;
  /** Tells main what there is to see. */
  readonly #reporter: Reporter<TransferNumbers>;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
    const { config, keys: list, snapshot, log, timers, wallClock, random16, send } = parts;
    const keys = new TsigKeys(list);
    this.#snapshots = new HeldSnapshots(snapshot, (generation, pinned) =>
      this.#updates?.postMessage({ generation, pinned }),
    );
    this.#journal = new Journal(journalLimits(config));
    this.#history = new ZoneHistory(this.#snapshots, this.#journal);
    this.#turns = new TransferTurns(timers, config);
    this.#report = new TransferReport(log, wallClock);
    this.#reporter = new Reporter({
      timers,
      read: () => this.#numbers(),
      post: (numbers) => parts.port.postMessage({ kind: "report", report: numbers }),
    });
    this.#notifier = new Notifier(
      {
        timers,
        wallClock,
        random16,
        send,
        log,
        zone: (name) => this.#snapshots.newest.zoneCalled(name),
        serialOf: (target, zone) => this.#report.serialOf(target, zone),
      },
      config.notify,
      keys,
    );
    this.#server = new TransferServer(
      {
        snapshots: this.#snapshots,
        history: this.#history,
        journal: this.#journal,
        given: this.#given,
        turns: this.#turns,
        report: this.#report,
        onAsked: (secondary, wastesZone) => this.#notifier.asked(secondary, wastesZone),
        timers,
        wallClock,
      },
      settingsOf(config, keys),
    );
  }

  /** Goes on with the journal that was saved when an earlier process stopped. Call this before start(). */
  async restore(): Promise<void> {
    const { config, files, log } = this.#parts;
    if (config.stateDir === "") return;
    try {
      const saved = await takeTransfers(config.stateDir, files);
      if (!saved || saved.digest !== digestOf(this.#snapshots.newest)) return;
      for (const [zone, steps] of saved.steps) for (const step of steps) this.#journal.add(zone, step);
      this.#given.restore(saved.given);
    } catch (error) {
      log.warn({ code: codeOf(error) }, messageOf(error));
    }
  }

  start(): void {
    const { ready, zones } = this.#snapshots.newest;
    // A secondary that has been added, or has missed changes while there was no such thread, is told at once.
    if (ready) this.#notifier.changed(zones.filter(({ apex }) => !apex.scattered).map(({ apex }) => apex.zone));
    this.#reporter.start();
  }

  /** Handles a message. The promise settles when that is done. */
  async take(message: ToTransferThread): Promise<void> {
    switch (message.kind) {
      case "snapshots":
        this.#follow(message.port);
        return;
      case "clients":
        this.#serve(message.port);
        return;
      case "configure":
        this.#configure(message.config, message.keys);
        return;
      case "stop":
        await this.#stop();
    }
  }

  /** A datagram has arrived at the socket from which NOTIFYs are sent. */
  receive(message: Uint8Array, address: string, port: number): void {
    this.#notifier.receive(message, address, port);
  }

  #follow(port: SnapshotPort): void {
    this.#updates?.close();
    this.#updates = port;
    port.on("message", (update) => this.#notifier.changed(this.#history.use(update)));
  }

  #serve(port: ClientPort): void {
    const open = new Map<number, OpenTransfer>();
    const over = (id: number) => open.delete(id);
    port.on("message", (message) => {
      if (message.kind === "open") {
        const { id, kind, ...incoming } = message;
        const transfer = this.#server.open(incoming, {
          messages: (octets, isLast) => port.postMessage({ kind: "messages", id, octets, isLast }),
          broken: () => {
            over(id);
            port.postMessage({ kind: "broken", id });
          },
        });
        if (transfer) open.set(id, transfer);
        return;
      }
      const transfer = open.get(message.id);
      if (message.kind === "more") transfer?.more();
      else if (message.kind === "ended") transfer?.ended();
      else {
        over(message.id);
        if (message.kind === "done") transfer?.done();
        else transfer?.cancel();
      }
    });
    port.on("close", () => {
      for (const transfer of open.values()) transfer.lost();
      open.clear();
    });
  }

  #configure(config: TransferConfig, list: readonly TsigKey[]): void {
    const keys = new TsigKeys(list);
    this.#journal.configure(journalLimits(config));
    this.#turns.configure(config);
    this.#server.configure(settingsOf(config, keys));
    this.#notifier.configure(config.notify, keys);
  }

  async #stop(): Promise<void> {
    this.#notifier.stop();
    this.#reporter.stop();
    await this.#save();
  }

  async #save(): Promise<void> {
    const { config, files, log } = this.#parts;
    const { newest } = this.#snapshots;
    if (config.stateDir === "" || !newest.ready) return;
    const steps = newest.zones.map(({ apex }) => [apex.zone, this.#journal.steps(apex.zone)] as const);
    const saved = { digest: digestOf(newest), steps, given: this.#given.entries() };
    await saveTransfers(config.stateDir, saved, files).catch((error: unknown) => {
      const message = `cannot save what secondaries have in ${config.stateDir} (${messageOf(error)})`;
      log.warn({ code: "ZONE_FILE_UNWRITABLE" }, `${message}: they transfer whole zones after the restart`);
    });
  }

  #numbers(): TransferNumbers {
    return {
      ...this.#report.numbers(),
      running: this.#turns.running,
      journalBytes: this.#journal.bytes,
      journalSteps: this.#snapshots.newest.zones
        .filter(({ apex }) => !apex.scattered)
        .map(({ apex }) => [apex.zone, this.#journal.steps(apex.zone).length] as const),
      notifies: this.#notifier.counts,
      targets: this.#notifier.states(),
    };
  }
}

function journalLimits({ ixfrJournalBytes }: TransferConfig) {
  return { bytes: ixfrJournalBytes, steps: MAX_STEPS };
}

function settingsOf({ allowTransfer, maxTransferSeconds }: TransferConfig, keys: TsigKeys) {
  return { access: new TransferAccess(allowTransfer), keys, maxTransferSeconds };
}

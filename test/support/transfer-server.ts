import { vi } from "vitest";
import { TransferAccess } from "../../src/transfer/access.js";
import { GivenVersions } from "../../src/transfer/given-versions.js";
import { ZoneHistory } from "../../src/transfer/history.js";
import { Journal } from "../../src/transfer/journal.js";
import { TransferReport } from "../../src/transfer/report.js";
import { TransferServer, type TransferSettings } from "../../src/transfer/server.js";
import type { IncomingTransfer, OpenTransfer } from "../../src/transfer/transport.js";
import { TransferTurns } from "../../src/transfer/turns.js";
import { type TsigKey, TsigKeys } from "../../src/wire/tsig.js";
import { HeldSnapshots } from "../../src/zone/held-snapshots.js";
import { silentLog } from "./service.js";
import { ManualTimers } from "./timers.js";
import { emptySnapshot } from "./transfers.js";
import { NOW } from "./zone.js";

export const TRANSFER_KEY: TsigKey = { name: "k1", algorithm: "hmac-sha256", secret: new Uint8Array(32).fill(7) };

/** What a client that takes everything at once has received. */
export interface Received {
  readonly octets: Uint8Array;
  readonly isBroken: boolean;
}

/** A server of transfers of one zone, whose clock stands still, and a client whose messages it takes. */
export class TestTransfers {
  readonly timers = new ManualTimers();
  readonly onReading = vi.fn<(generation: number, pinned: readonly number[]) => void>();
  readonly snapshots = new HeldSnapshots(emptySnapshot(), this.onReading);
  readonly journal = new Journal({ bytes: 1_000_000, steps: 1_000 });
  readonly history = new ZoneHistory(this.snapshots, this.journal);
  readonly turns = new TransferTurns(this.timers, { maxTransfers: 8, maxTransfersPerClient: 2 });
  readonly server: TransferServer;

  constructor() {
    const wallClock = () => NOW * 1000;
    this.server = new TransferServer(
      {
        snapshots: this.snapshots,
        history: this.history,
        journal: this.journal,
        given: new GivenVersions(),
        turns: this.turns,
        report: new TransferReport(silentLog, wallClock),
        onAsked: () => {},
        timers: this.timers,
        wallClock,
      },
      settingsOf(true),
    );
  }

  allow(isAllowed: boolean): void {
    this.server.configure(settingsOf(isAllowed));
  }

  /** Sends a query. The client takes all messages that there are at once, and then more. */
  ask(message: Uint8Array, way: Partial<IncomingTransfer> = {}): Received {
    const { open, parts, isLast, isBroken } = this.open(message, way);
    while (open && !isLast() && !isBroken() && parts.length > 0) open.more();
    if (isLast()) open?.done();
    return { octets: Buffer.concat(parts), isBroken: isBroken() };
  }

  /** Sends a query, and leaves it to the test what the client takes. */
  open(message: Uint8Array, way: Partial<IncomingTransfer> = {}) {
    const client = Uint8Array.of(192, 0, 2, 77);
    const parts: Uint8Array[] = [];
    let [isLast, isBroken] = [false, false];
    const sink = {
      messages: (octets: Uint8Array, last: boolean) => {
        // The memory is used again.
        parts.push(octets.slice());
        isLast = last;
      },
      broken: () => {
        isBroken = true;
      },
    };
    const incoming = { message, client, isStream: true, isTrusted: true, limit: 1232, ...way };
    const open: OpenTransfer | undefined = this.server.open(incoming, sink);
    return { open, parts, isLast: () => isLast, isBroken: () => isBroken };
  }
}

function settingsOf(isAllowed: boolean): TransferSettings {
  const rules = isAllowed ? [{ network: "192.0.2.0/24" }] : [];
  const access = new TransferAccess(rules as ConstructorParameters<typeof TransferAccess>[0]);
  return { access, keys: new TsigKeys([TRANSFER_KEY]), maxTransferSeconds: 300 };
}

import { LRUCache } from "lru-cache";
import type { Logger } from "../base/log.js";
import { rcodeName } from "../wire/protocol.js";
import { isNewer } from "../zone/serial.js";
import { Counter, type Counts } from "./counts.js";
import type { Fallback } from "./decision.js";
import type { TargetState } from "./notify/target-state.js";

/** An address, the key that it signs with, and a zone that it transfers. */
export interface Secondary {
  readonly address: string;
  readonly key: string | undefined;
  readonly zone: string;
}

export type TransferKind = "axfr" | "ixfr" | "uptodate";

/** A transfer that has ended. */
export interface Ended {
  readonly kind: TransferKind;
  /** The version that was sent. */
  readonly serial: number;
  readonly octets: number;
  readonly seconds: number;
}

/** A secondary as `/v1/transfers` shows it. */
export interface SecondaryState extends Secondary {
  /** The version that it has, as far as this server knows. */
  readonly serial: number;
  readonly last: Ended & { readonly at: number };
}

/** What the thread that transfers tells the main thread. */
export interface TransferNumbers extends TransferCounts {
  readonly running: number;
  readonly journalBytes: number;
  /** By zone. */
  readonly journalSteps: readonly (readonly [zone: string, steps: number])[];
  /** NOTIFYs by target and result. */
  readonly notifies: Counts;
  readonly targets: readonly TargetState[];
}

/** What there is to count of transfers. */
export interface TransferCounts {
  readonly transfers: Counts;
  readonly fallbacks: Counts;
  readonly signatures: Counts;
  readonly bytes: number;
  /** By bound of `SECONDS`, cumulative; the last one is the number of all. */
  readonly seconds: { readonly buckets: readonly number[]; readonly sum: number };
  readonly secondaries: readonly SecondaryState[];
}

/** Upper bounds in seconds of the histogram. */
export const SECONDS = [0.001, 0.01, 0.1, 1, 10, 100] as const;

const MAX_SECONDARIES = 10_000;
const DAY_MS = 86_400_000;
/** A refusal is logged once a minute for a client. */
const REFUSAL_MS = 60_000;
const MAX_REFUSED = 1_000;

/** Counts transfers, keeps what is known of each secondary, and logs. */
export class TransferReport {
  readonly #log: Pick<Logger, "info" | "warn">;
  readonly #wallClock: () => number;
  readonly #transfers = new Counter();
  readonly #fallbacks = new Counter();
  readonly #signatures = new Counter();
  readonly #secondaries = new LRUCache<string, SecondaryState>({ max: MAX_SECONDARIES });
  readonly #refused: LRUCache<string, true>;
  readonly #buckets = new Array<number>(SECONDS.length + 1).fill(0);
  #sum = 0;
  #bytes = 0;

  /** @param wallClock milliseconds since the epoch */
  constructor(log: Pick<Logger, "info" | "warn">, wallClock: () => number) {
    this.#log = log;
    this.#wallClock = wallClock;
    const perf = { now: wallClock };
    this.#refused = new LRUCache<string, true>({ max: MAX_REFUSED, ttl: REFUSAL_MS, ttlResolution: 0, perf });
  }

  /** The secondary has the version that it asked about. */
  upToDate(secondary: Secondary, serial: number): void {
    this.#ended(secondary, { kind: "uptodate", serial, octets: 0, seconds: 0 });
  }

  done(secondary: Secondary, ended: Ended): void {
    this.#ended(secondary, ended);
    this.#bytes += ended.octets;
    this.#sum += ended.seconds;
    SECONDS.forEach((bound, index) => {
      if (ended.seconds <= bound) this.#buckets[index]++;
    });
    this.#buckets[SECONDS.length]++;
    this.#log.info({ ...secondary, ...ended }, "a zone has been transferred");
  }

  /** A transfer has begun, but was not completed. */
  failed(secondary: Secondary, kind: TransferKind, reason: string): void {
    this.#transfers.add([secondary.zone, kind, "failed"]);
    this.#log.info({ ...secondary, kind, reason }, "a zone transfer was not completed");
  }

  /** A difference was wanted, but the whole zone is sent. */
  fallback(reason: Fallback): void {
    this.#fallbacks.add([reason]);
  }

  /** @param zone of this server; `undefined` if the query was for another name */
  refused(address: string, zone: string | undefined, kind: TransferKind, rcode: number): void {
    this.#transfers.add([zone ?? "", kind, "refused"]);
    const name = rcodeName(rcode) ?? rcode;
    this.#refuse(address, `a zone transfer was refused with ${name}: see allowTransfer and tsigKeys`);
  }

  badSignature(error: string, address: string): void {
    this.#signatures.add([error]);
    this.#refuse(address, `a zone transfer was refused with ${error}: compare the key, its algorithm and both clocks`);
  }

  numbers(): TransferCounts {
    const now = this.#wallClock();
    const secondaries = [...this.#secondaries.values()].filter(({ last }) => now - last.at < DAY_MS);
    return {
      transfers: this.#transfers.counts(),
      fallbacks: this.#fallbacks.counts(),
      signatures: this.#signatures.counts(),
      bytes: this.#bytes,
      seconds: { buckets: [...this.#buckets], sum: this.#sum },
      secondaries,
    };
  }

  /**
   * The version that a secondary has; `undefined` if it has got none from here. It is known by its address, or by its key, as it may not
   * transfer from the address that it answers on.
   */
  serialOf(
    { address, key }: Pick<Secondary, "address"> & { readonly key?: string | undefined },
    zone: string,
  ): number | undefined {
    let newest: number | undefined;
    for (const state of this.#secondaries.values()) {
      const isIt = state.address === address || (key !== undefined && state.key === key);
      if (!isIt || state.zone !== zone) continue;
      if (newest === undefined || isNewer(state.serial, newest)) newest = state.serial;
    }
    return newest;
  }

  #ended(secondary: Secondary, ended: Ended): void {
    this.#transfers.add([secondary.zone, ended.kind, "ok"]);
    const last = { ...ended, at: this.#wallClock() };
    this.#secondaries.set(clientOf(secondary), { ...secondary, serial: ended.serial, last });
  }

  #refuse(address: string, message: string): void {
    if (this.#refused.has(address)) return;
    this.#refused.set(address, true);
    this.#log.warn({ client: address }, message);
  }
}

/** Identifies a secondary in one text. */
export function clientOf({ address, key = "", zone }: Secondary): string {
  return `${address} ${key} ${zone}`;
}

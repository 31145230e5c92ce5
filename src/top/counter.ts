import type { Timers } from "../base/timers.js";
import { LogRecord } from "../query-log/record.js";
import { RingReader } from "../query-log/ring.js";
import { addressText, QuestionTexts } from "../query-log/texts.js";
import { TRANSPORTS, ZONES } from "../serving/query-stats.js";
import { rcodeName } from "../wire/protocol.js";
import { Minute, type TopReport } from "./minute.js";

/** How often rings are looked at, in milliseconds, and how many queries are counted in one look at each. */
const LOOK_MS = 20;
const MAX_LOOKED = 20_000;

export interface CounterParts {
  readonly rings: readonly SharedArrayBuffer[];
  readonly timers: Timers;
  /** How many queries did not fit into the rings. */
  readonly missed: () => number;
}

/** Counts what the answering threads have recorded. */
export class TopCounter {
  readonly #parts: CounterParts;
  readonly #rings: readonly { readonly ring: RingReader; readonly record: LogRecord }[];
  readonly #texts = new QuestionTexts();
  readonly #minute: Minute;
  #cancel: () => void = () => undefined;

  constructor(parts: CounterParts) {
    this.#parts = parts;
    this.#rings = parts.rings.map((memory) => {
      const ring = new RingReader(memory);
      return { ring, record: new LogRecord(ring) };
    });
    this.#minute = new Minute(parts.timers.now());
  }

  start(): void {
    const look = () => {
      this.count();
      this.#cancel = this.#parts.timers.after(LOOK_MS, look);
    };
    look();
  }

  stop(): void {
    this.#cancel();
  }

  report(limit: number): TopReport {
    this.count();
    return this.#minute.report(this.#parts.timers.now(), limit, this.#parts.missed());
  }

  /** Counts what there is. */
  count(): void {
    const now = this.#parts.timers.now();
    for (const { ring, record } of this.#rings) {
      for (let left = MAX_LOOKED, at = ring.first(); at >= 0 && left > 0; left--, at = ring.first()) {
        record.at = at;
        const { name, type } = this.#texts.of(record);
        this.#minute.add(
          {
            name,
            type,
            client: addressText(record),
            rcode: rcodeName(record.rcode) ?? `RCODE${record.rcode}`,
            zone: ZONES[record.zone] ?? "none",
            transport: TRANSPORTS[record.transport] ?? "udp",
          },
          now,
        );
        ring.remove(at);
      }
    }
  }
}

import type { VipCounts } from "./table.js";

/** What has changed of the table of virtual addresses: plain values, to be sent between threads. */
export interface VipPiece {
  /** It has all services, and what was known before counts no more. */
  readonly isFirst: boolean;
  /** By key, which sorts them: the JSON text of each. */
  readonly services: readonly (readonly [key: string, text: string])[];
  readonly gone: readonly string[];
  readonly counts: VipCounts;
}

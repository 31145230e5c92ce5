import type { QueryLogSettings } from "../config/query-log.js";

/** What a thread that answers needs to record queries: plain values and shared memory. */
export interface Recording {
  readonly settings: QueryLogSettings;
  /** The memory of its ring. */
  readonly memory: SharedArrayBuffer;
  /** The memory of `QueryLogCounts`. */
  readonly counts: SharedArrayBuffer;
  /** How many threads answer, and the number of this one. */
  readonly writers: number;
  readonly writer: number;
}

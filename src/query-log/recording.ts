import type { QueryLogSettings } from "../config/query-log.js";
import type { FilterSettings } from "./filter.js";

/** What decides which queries are recorded, and what of them. */
export type RecordSettings = FilterSettings &
  Pick<QueryLogSettings, "format" | "messages" | "ipv4PrefixLength" | "ipv6PrefixLength">;

/** What a thread that answers needs to record queries: plain values and shared memory. */
export interface Recording {
  readonly settings: RecordSettings;
  /** The memory of its ring. */
  readonly memory: SharedArrayBuffer;
  /** The memory of `QueryLogCounts`. */
  readonly counts: SharedArrayBuffer;
  /** How many threads answer, and the number of this one. */
  readonly writers: number;
  readonly writer: number;
}

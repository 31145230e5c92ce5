import type { Table } from "./table.js";

/** News of the table. */
export interface TableNews {
  readonly table: Table;
  /** When the cluster's change came to the server, in milliseconds since the epoch; `undefined` if it is not known. */
  readonly at: number | undefined;
  /** Where it comes from, for people. */
  readonly from: string;
}

/** Where a node has its table from. What it had last stays good while there is nothing new. */
export interface TableSource {
  start(): void;
  /** Once the promise has settled, nothing is called any more. */
  stop(): Promise<void>;
}

export interface TableListener {
  readonly onNews: (news: TableNews) => void;
  /** It is followed again: what is known is what is. */
  readonly onCurrent: (from: string) => void;
  /** It cannot be followed: what is known may be old. */
  readonly onTrouble: (reason: string) => void;
}

/** Where the log goes. It has one chunk to write at a time, and reports when it is done with it. */
export interface Sink {
  /** Begins to open it. */
  start(): void;
  /** Whether it can take a chunk. */
  readonly isReady: boolean;
  /** Takes a chunk, whose memory is its own until it is ready again. @param records how many the chunk has */
  write(chunk: Uint8Array, records: number): void;
  /** Opens it again if it has been moved. */
  reopen(): void;
  /** Ends it in order, as far as that is possible within a second. A chunk that is not written by then is lost. */
  close(): Promise<void>;
}

/** What a sink reports. */
export interface SinkEvents {
  /** It can take a chunk. */
  onReady(): void;
  onWritten(records: number, bytes: number): void;
  /** Part of a chunk has been taken. */
  onProgress(): void;
  /** A chunk could not be written. */
  onLost(records: number): void;
  /** It cannot be opened or written; it is tried again. */
  onTrouble(reason: string): void;
}

/** Pauses between attempts, in milliseconds. */
export const SINK_RETRIES = { firstMs: 1_000, lastMs: 10_000 } as const;

import type { QueryLogSettings } from "../../../src/config/query-log.js";
import type { Sink, SinkEvents } from "../../../src/query-log/sink.js";
import { configOf } from "../config/support.js";

export const SETTINGS: QueryLogSettings = {
  ...configOf().queryLog,
  format: "dnstap",
  bufferBytes: 1_048_576,
  maxBytes: 0,
  keepFiles: 2,
};

/** What a sink has reported. */
export function eventsOf(): { readonly events: SinkEvents; readonly seen: string[] } {
  const seen: string[] = [];
  const events: SinkEvents = {
    onReady: () => void seen.push("ready"),
    onWritten: (records, bytes) => void seen.push(`written ${records} ${bytes}`),
    onProgress: () => void seen.push("progress"),
    onLost: (records) => void seen.push(`lost ${records}`),
    onTrouble: (reason) => void seen.push(`trouble: ${reason}`),
  };
  return { events, seen };
}

/** A sink whose chunks the test takes. */
export class MemorySink implements Sink {
  readonly chunks: { readonly octets: Buffer; readonly records: number }[] = [];
  isReady = true;
  start(): void {}
  write(chunk: Uint8Array, records: number): void {
    this.chunks.push({ octets: Buffer.from(chunk), records });
  }
  reopen(): void {}
  async close(): Promise<void> {}

  get records(): number {
    return this.chunks.reduce((sum, { records }) => sum + records, 0);
  }
}

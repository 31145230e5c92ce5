import type { QueryLogSettings } from "../config/query-log.js";
import { type DnstapOptions, DnstapWriter } from "./dnstap.js";
import { JsonLines } from "./json-line.js";
import type { LogRecord } from "./record.js";

/** Writes a record behind others. @param epochMs milliseconds since 1970 when the clock of the threads was 0. Returns the index behind it, or -1 if it does not fit. */
export type Encode = (out: Buffer, at: number, record: LogRecord, epochMs: number) => number;

export function encoderOf(
  { format, messages }: Pick<QueryLogSettings, "format" | "messages">,
  options: DnstapOptions,
): Encode {
  if (format === "json") return jsonEncoder();
  const writer = new DnstapWriter(options);
  const kinds = { queries: [false], responses: [true], both: [false, true] }[messages];
  return (out, at, record, epochMs) => {
    if (at + kinds.length * writer.room(record) > out.length) return -1;
    return kinds.reduce((next, isResponse) => writer.write(out, next, record, isResponse, epochMs), at);
  };
}

function jsonEncoder(): Encode {
  const lines = new JsonLines();
  return (out, at, record, epochMs) => {
    const line = lines.line(record, epochMs);
    // All of it is ASCII: an octet a character.
    if (at + line.length > out.length) return -1;
    return at + out.write(line, at, "latin1");
  };
}

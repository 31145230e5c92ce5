import type { FileHandle } from "node:fs/promises";
import { readLine } from "./log-line.js";
import { type Header, readChanges, readHeader } from "./log-records.js";
import type { Change } from "./model.js";

/** How much is read at a time. In between, others get their turn. */
const CHUNK = 1_048_576;
/** The longest line that a write makes: a deletion of all keys there may be, with every character escaped. */
const MAX_LINE = 268_435_456;
const NEWLINE = 10;

/** What a file was found to hold. */
export interface Reading {
  /** `undefined` if the first line is damaged. */
  readonly header: Header | undefined;
  /** Octets of all of it. */
  readonly octets: number;
  /** Octets at the end that cannot be read. */
  readonly torn: number;
  /** How many lines they are, the one that does not end included. */
  readonly tornLines: number;
  /** Whether more cannot be read there than what a process that is killed leaves: one line without its end. */
  readonly isTailLost: boolean;
  /** Lines that cannot be read, and have others that can behind them. */
  readonly damaged: number;
}

export interface LogSink {
  header(header: Header): void;
  change(change: Change): void;
}

/**
 * Reads a file from its beginning, and tells the sink what every line that can be read says.
 *
 * A line at the end that cannot be read, and does not end, is what a crash leaves of a write. Others are damage.
 */
export async function readLog(file: FileHandle, sink: LogSink): Promise<Reading> {
  let header: Header | undefined;
  let at = 0;
  /** Where the last line ends that can be read. */
  let good = 0;
  let unreadable = 0;
  let damaged = 0;
  for await (const line of linesOf(file)) {
    const isFirst = at === 0;
    at += line.length + 1;
    const value = readLine(line);
    if (isFirst) header = readHeader(value);
    const changes = isFirst && header ? [] : readChanges(value);
    if (!changes) {
      unreadable++;
      continue;
    }
    good = at;
    damaged += unreadable;
    unreadable = 0;
    if (isFirst && header) sink.header(header);
    for (const change of changes) sink.change(change);
  }
  const { size } = await file.stat();
  // What follows the last newline counts as if it had one.
  const isEnded = at === size;
  const isTailLost = unreadable > 1 || (unreadable === 1 && isEnded);
  return { header, octets: size, torn: Math.max(0, size - good), tornLines: unreadable, isTailLost, damaged };
}

/** The lines of a file without their newlines; at last what follows the last newline, if there is anything. */
async function* linesOf(file: FileHandle): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await file.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < bytesRead; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, end)]);
      pieces = [];
      length = 0;
      from = end + 1;
    }
    // A line that is too long for one of ours is not kept, but is told as one that cannot be read.
    length += bytesRead - from;
    if (length <= MAX_LINE) pieces.push(chunk.subarray(from, bytesRead));
  }
  if (length > 0) yield Buffer.concat(pieces);
}

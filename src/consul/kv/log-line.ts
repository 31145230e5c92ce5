import { crc32 } from "node:zlib";
import { jsonIn } from "../../base/lenient.js";

/**
 * A line of the file: the CRC-32 of the text in 8 hexadecimal digits, a space, JSON, and a newline. A line that was cut off, or has changed
 * on the disk, does not fit its checksum.
 */
export function lineOf(value: unknown): string {
  const text = JSON.stringify(value);
  return `${sum(text)} ${text}\n`;
}

/** What a line says, without its newline. `undefined` if it does not fit its checksum. */
export function readLine(line: Buffer): unknown {
  const text = line.toString("utf8", 9);
  if (line.toString("latin1", 0, 9) !== `${sum(line.subarray(9))} `) return undefined;
  return jsonIn(text);
}

function sum(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(8, "0");
}

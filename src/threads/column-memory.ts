import { HUGE_PAGE } from "../transport/batch/huge-pages.js";
import { type ColumnMemory, SHARED } from "../zone/columns.js";

/** Arrays of fewer bytes are not worth a call. */
const LARGE = 2 * HUGE_PAGE;

/**
 * Memory for the columns of large zones, in huge pages if the system has them. Columns of a million records are read and written in
 * random order. With pages of 4 KiB, nearly each access first has to find its page, and a virtual machine may take 15 µs to provide
 * one.
 *
 * @param advise asks for huge pages. If it throws, it is not called again: everything works without them.
 */
export function largeColumns(advise: (memory: Uint8Array) => void): ColumnMemory {
  let isPossible = true;
  const advised = <Column extends Uint8Array | Uint32Array>(column: Column): Column => {
    if (!isPossible || column.byteLength < LARGE) return column;
    try {
      advise(new Uint8Array(column.buffer));
    } catch {
      isPossible = false;
    }
    return column;
  };
  return {
    words: (length) => advised(SHARED.words(length)),
    octets: (length) => advised(SHARED.octets(length)),
  };
}

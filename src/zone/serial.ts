/**
 * Serials of zones: a clock that counts 32nds of a second since 1970, modulo 2^32. So they serve several changes a second, and
 * two runs of this server never use one number for different contents. They wrap around in 4 years and 3 months; RFC 1982
 * compares across half of that.
 */

/** Serials a second. */
export const SERIALS_A_SECOND = 32;

/**
 * How far ahead of the clock the first serial of a process is: no serial is ever more than a second ahead of the clock, so the first one is
 * newer than all that an earlier process has used.
 */
const FIRST_AHEAD = SERIALS_A_SECOND + 1;

/** The serial that the clock shows. @param ms milliseconds since the epoch */
export function serialAt(ms: number): number {
  return Math.floor((ms * SERIALS_A_SECOND) / 1000) % 2 ** 32;
}

/** The first serial of a process that starts at this time. @param ms milliseconds since the epoch */
export function firstSerial(ms: number): number {
  return (serialAt(ms) + FIRST_AHEAD) >>> 0;
}

/** Whether one serial is newer than another (RFC 1982 §3.2). */
export function isNewer(serial: number, other: number): boolean {
  return ((serial - other) | 0) > 0;
}

/** The newer of two serials. */
export function newerOf(serial: number, other: number): number {
  return isNewer(serial, other) ? serial : other;
}

/** The serial of the next version of a zone. @param ms milliseconds since the epoch */
export function serialAfter(serial: number, ms: number): number {
  return newerOf((serial + 1) >>> 0, serialAt(ms));
}

/** For a few dozen octets a loop is faster than `set` with a `subarray`, which makes an object. */
const LOOP_UP_TO = 128;

/** Copies `length` octets of `from`, from `start` on, to `to`, from `at` on. */
export function copyOctets(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > LOOP_UP_TO) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i];
}

import { CONTROL, controlFrame } from "./frame-streams.js";

const START = Buffer.from(controlFrame(CONTROL.START));
const STOP = Buffer.from(controlFrame(CONTROL.STOP));

/** Octets of the beginning and of the end of a file that say what it is. */
export const EDGE = START.length;

/**
 * What a file of frames that is there already is: a stream that has ended in order, whose end is taken away when it goes on; one without
 * any record; or something that nothing may be appended to, such as a stream that broke off, or one that somebody else still writes.
 */
export type FoundFrames =
  | { readonly kind: "ended"; readonly goesOnAt: number }
  | { readonly kind: "blank" }
  | { readonly kind: "other" };

/** @param head its first octets, `EDGE` of them if it has so many. @param tail its last ones, as many */
export function framesFound(head: Uint8Array, tail: Uint8Array, size: number): FoundFrames {
  if (size <= START.length && START.subarray(0, size).equals(head)) return { kind: "blank" };
  const isEnded = START.equals(head) && STOP.equals(tail.subarray(Math.max(0, tail.length - STOP.length)));
  return isEnded ? { kind: "ended", goesOnAt: size - STOP.length } : { kind: "other" };
}

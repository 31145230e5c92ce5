/**
 * Writes the milliseconds since the machine's start into the first element: a monotonic clock that is the same for all threads.
 * It does not return them, as V8 would allocate an object for a number with a fraction.
 */
export type Clock = (into: Float64Array) => void;

export const processClock: Clock = (into) => {
  const time = process.hrtime();
  into[0] = time[0] * 1_000 + time[1] / 1e6;
};

/**
 * Writes the milliseconds since the machine's start into the first element: a clock that never goes back and is the same for all
 * threads. It returns nothing, as a number with a fraction that is handed from function to function becomes an object.
 */
export type Clock = (into: Float64Array) => void;

export const processClock: Clock = (into) => {
  const time = process.hrtime();
  into[0] = time[0] * 1_000 + time[1] / 1e6;
};

/** The formats of durations. */
import { integer } from "./format.js";

export const MAX_INT32 = 2 ** 31 - 1;

export const seconds = integer(0, MAX_INT32);

/** Mesos-DNS sends a negative TTL as a number above 2^31, which clients have to treat as 0 (RFC 2181 section 8). */
export const ttl = integer(0, MAX_INT32, {
  below: { least: -(2 ** 31), value: 0, remark: (got) => `${got} is taken as 0, as clients do` },
});

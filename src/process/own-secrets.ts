import { randomBytes, randomInt } from "node:crypto";
import { createBuckets } from "../serving/rate-limiter.js";
import type { OwnSecrets } from "../serving/stack.js";

const COOKIE_SECRET = 16;
const LOOP_TOKEN = 16;
const UINT32 = 2 ** 32;

/** Secrets that only the threads of this process share. */
export function ownSecrets(): OwnSecrets {
  return {
    cookies: Uint8Array.from(randomBytes(COOKIE_SECRET)),
    loopToken: randomBytes(LOOP_TOKEN).toString("hex"),
    buckets: createBuckets(randomInt(1, UINT32)),
  };
}

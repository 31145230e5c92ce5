import { createHash } from "node:crypto";
import type { ConsulAnswer, Reading } from "./endpoint.js";

/** What says that an answer is another one, where there is no index. */
export function contentHash({ body }: ConsulAnswer): string {
  const hash = createHash("sha256");
  for (const chunk of body) hash.update(chunk);
  return hash.digest("hex").slice(0, 16);
}

/** The reading as one with an index: 1 if it says something else than what the client has, and 0 if not. @param known its hash */
export function differing(reading: Reading, known: string): Reading {
  return {
    index: () => (contentHash(reading.answer()) === known ? 0 : 1),
    answer: () => reading.answer(),
    watch: (listener) => reading.watch(listener),
  };
}

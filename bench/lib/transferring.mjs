import { fork } from "node:child_process";
import { once } from "node:events";

/** Takes one whole zone after the other while something else is measured, in a process of its own. */
export function startTransferring(port, zone) {
  const taker = fork(new URL("./zone-taker.mjs", import.meta.url), [String(port), zone]);
  let count = 0;
  taker.on("message", () => count++);
  return {
    /** Resolves to the number of zones. */
    stop: async () => {
      taker.kill();
      await once(taker, "exit");
      return count;
    },
  };
}

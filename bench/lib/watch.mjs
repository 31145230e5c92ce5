import { fork } from "node:child_process";
import { once } from "node:events";

/** Notes when names that are expected come, in a process of its own. */
export function watch(port) {
  const watcher = fork(new URL("./name-watcher.mjs", import.meta.url));
  watcher.send({ port });
  return {
    expect: (name) => watcher.send({ expect: name }),
    async stop(seconds) {
      const told = once(watcher, "message");
      watcher.send({ stop: seconds });
      const [{ delays, missing }] = await told;
      return { delays: delays.toSorted((a, b) => a - b), missing };
    },
  };
}

import { spawnSync } from "node:child_process";

/** Whether this machine lets a test have networks of its own. */
export const hasNamespaces = spawnSync("unshare", ["--net", "true"]).status === 0;

/**
 * Words that run a command in a network of its own, which has loopback and nothing else until `setUp`, lines of shell, adds to it.
 * All that is in the namespace ends with the command.
 */
export function inNamespace(setUp: string, command: readonly string[]): readonly [string, readonly string[]] {
  const script = `set -e\nPATH=$PATH:/usr/sbin:/sbin\nip link set lo up\n${setUp}\nexec "$@"`;
  return ["unshare", ["--net", "--mount", "sh", "-c", script, "sh", ...command]];
}

/** For `node -e` in a namespace: serves a state from a file, as a master does. */
export const MASTER_PROGRAM = `
  const { createServer } = require("node:http");
  const { readFileSync } = require("node:fs");
  const state = readFileSync(process.argv[1]);
  const answer = (request, response) => {
    response.writeHead(request.url.startsWith("/master/state") ? 200 : 404, { "content-type": "application/json" });
    response.end(state);
  };
  createServer(answer).listen(5050, "127.0.0.1");
`;

/** For `node -e` too: ends when the server has names to serve. */
export const READY_PROGRAM = `(async () => {
  for (let i = 0; i < 200; i++) {
    const ready = await fetch('http://127.0.0.1:8123/readyz').catch(() => undefined);
    if (ready && ready.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
})()`;

/** `npm test`: what tests need, the build, the types, and all tests. Words behind `--` go to vitest, but for `--no-install`. */
import { spawnSync } from "node:child_process";
import { provide } from "./test-tools.mjs";

const words = process.argv.slice(2);
const own = "--no-install";

function run(command, ...args) {
  const { status } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
}

if (!provide(!words.includes(own))) process.exit(1);
run("npm", "run", "--silent", "build");
run("npm", "run", "--silent", "types");
run("npx", "vitest", "run", ...words.filter((word) => word !== own));

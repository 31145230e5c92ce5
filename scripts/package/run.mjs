import { execFileSync } from "node:child_process";

/** What a program prints. @throws {Error} if it fails; what it complained of is on standard error by then */
export function output(program, words, options = {}) {
  return execFileSync(program, words, {
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["ignore", "pipe", "inherit"],
    ...options,
  });
}

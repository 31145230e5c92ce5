/** wrk, from Debian's package, which asks as fast as it can. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** Asks over eight kept connections while the work is done. @returns in words, how many requests there were and how many failed */
export async function wrk(url, work) {
  // It says what it has counted when it is interrupted.
  const child = spawn("wrk", ["-t1", "-c8", "-d600s", url], { stdio: ["ignore", "pipe", "inherit"] });
  const missing = new Promise((resolve) => child.once("error", () => resolve("wrk is not installed")));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  const ended = new Promise((resolve) => child.once("close", () => resolve(undefined)));
  await sleep(500);
  await work();
  child.kill("SIGINT");
  const problem = await Promise.race([missing, ended]);
  if (problem) return problem;
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  const errors = /Socket errors: (.*)/.exec(text)?.[1] ?? "no socket error";
  return `${requests.toLocaleString("en")} requests, ${number(/Non-2xx or 3xx responses: (\d+)/)} answers that are not 2xx or 3xx, ${errors}`;
}

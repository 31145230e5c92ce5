import { codeOf, MesosDnsError } from "../../base/errors.js";
import { printable } from "../../base/printable.js";
import { statusOfEnd, statusOfFailure } from "../../lb/deploy/exit-status.js";
import { runDeployment } from "../../lb-deploy/program.js";
import { helpOf } from "../help.js";
import { parseDeployFlags } from "./deploy-flags.js";

/** `mesos-dns lb deploy`, with the flags and exit statuses of zdd.py. @param words those behind it */
export async function runDeploy(words: readonly string[]): Promise<void> {
  try {
    const options = parseDeployFlags(words, process.env);
    if (options === undefined) process.stdout.write(helpOf("lb"));
    else process.exitCode = statusOfEnd(await runDeployment(options));
  } catch (error) {
    if (error instanceof MesosDnsError)
      process.stderr.write(`mesos-dns: ${printable(`${error.message} (${error.code})`)}\n`);
    else process.stderr.write(`mesos-dns: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = statusOfFailure(codeOf(error));
  }
}

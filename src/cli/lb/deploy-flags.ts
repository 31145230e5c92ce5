import { parseArgs } from "node:util";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { MarathonSetting } from "../../config/lb.js";
import type { DeployOptions } from "../../lb-deploy/program.js";
import { parseHttpUrl } from "../../sources/http/url.js";
import { ACCOUNT_VARIABLE, type Environment } from "../../sources/marathon/login.js";

/** Those of zdd.py. What concerns its log does nothing: what happens is told on standard error. */
const OPTIONS = {
  longhelp: { type: "boolean" },
  marathon: { type: "string", short: "m" },
  "marathon-lb": { type: "string", short: "l" },
  json: { type: "string", short: "j" },
  "dry-run": { type: "boolean", short: "d" },
  force: { type: "boolean", short: "f" },
  "step-delay": { type: "string", short: "s", default: "5" },
  "initial-instances": { type: "string", short: "i", default: "1" },
  "linear-increase": { type: "string", default: "0" },
  resume: { type: "boolean", short: "r" },
  "max-wait": { type: "string", short: "w", default: "300" },
  "new-instances": { type: "string", short: "n", default: "0" },
  "complete-cur": { type: "boolean", short: "c" },
  "complete-prev": { type: "boolean", short: "p" },
  "pre-kill-hook": { type: "string" },
  "marathon-auth-credential-file": { type: "string" },
  "auth-credentials": { type: "string" },
  "dcos-auth-credentials": { type: "string" },
  "marathon-ca-cert": { type: "string" },
  "syslog-socket": { type: "string" },
  "log-format": { type: "string" },
  "log-level": { type: "string" },
} as const;

/** Seconds and instances. */
const MOST = 1_000_000;

type Values = ReturnType<typeof parsed>;

/**
 * @param words those behind `lb deploy`
 * @returns `undefined` if help is wanted
 * @throws {MesosDnsError} USAGE for an unknown flag, or a missing or wrong value; LB_DEPLOY_FLAGS for flags that exclude each other
 */
export function parseDeployFlags(words: readonly string[], env: Environment): DeployOptions | undefined {
  const values = parsed(words);
  if (values.longhelp) return undefined;
  if (values["complete-cur"] && values["complete-prev"])
    throw new MesosDnsError(
      "LB_DEPLOY_FLAGS",
      "--complete-cur and --complete-prev lead to different versions: give one",
    );
  const number = (name: NumberFlag, least: number) => numberOf(values[name], `--${name}`, least);
  const account = values["dcos-auth-credentials"];
  return {
    marathon: marathonOf(values, env),
    env: account === undefined ? env : { ...env, [ACCOUNT_VARIABLE]: account },
    balancers: urlOf(values["marathon-lb"], "--marathon-lb"),
    appFile: required(values.json, "--json"),
    isDryRun: values["dry-run"] ?? false,
    isForced: values.force ?? false,
    isResumed: values.resume ?? false,
    completes: values["complete-cur"] ? "current" : values["complete-prev"] ? "previous" : undefined,
    initialInstances: number("initial-instances", 1),
    newInstances: number("new-instances", 0),
    linear: number("linear-increase", 0),
    stepDelayMs: number("step-delay", 0) * 1_000,
    maxWaitMs: number("max-wait", 1) * 1_000,
    hook: values["pre-kill-hook"],
  };
}

type NumberFlag = "initial-instances" | "new-instances" | "linear-increase" | "step-delay" | "max-wait";

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS }).values;
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** As in zdd.py, a file comes before a login on the command line, and that before DC/OS's. */
function marathonOf(values: Values, env: Environment): MarathonSetting {
  const url = urlOf(values.marathon, "--marathon");
  const credentialsFile = values["marathon-auth-credential-file"] ?? "";
  const [, user, password] = /^([^:]+):(.*)$/su.exec(values["auth-credentials"] ?? "") ?? [];
  if (values["auth-credentials"] !== undefined && user === undefined)
    throw usage("--auth-credentials has to be USER:PASSWORD");
  const account = values["dcos-auth-credentials"] ?? env[ACCOUNT_VARIABLE] ?? "";
  return {
    name: "--marathon",
    urls: [url.href.replace(/\/+$/u, "")],
    user: user ?? "",
    password: password ?? "",
    credentialsFile,
    dcos: account !== "" && credentialsFile === "" && user === undefined,
    caFile: values["marathon-ca-cert"] ?? "",
  };
}

function urlOf(text: string | undefined, flag: string): URL {
  const url = parseHttpUrl(required(text, flag));
  if (url) return url;
  throw usage(`${flag} is ${JSON.stringify(text)}, and has to be an http or https URL`);
}

function required(value: string | undefined, flag: string): string {
  if (value) return value;
  throw usage(`lb deploy needs ${flag}`);
}

function numberOf(text: string, flag: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/u.test(text) && number >= least && number <= MOST) return number;
  throw usage(`${flag} is ${JSON.stringify(text)}, and has to be a whole number, ${least} or more`);
}

function usage(problem: string): MesosDnsError {
  return new MesosDnsError("USAGE", `${problem}; see mesos-dns --help`);
}

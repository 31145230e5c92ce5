import { parseArgs } from "node:util";
import { MesosDnsError, messageOf } from "../base/errors.js";

export interface DemoOptions {
  readonly dnsPort: number;
  readonly httpPort: number;
}

export interface LbDemoOptions {
  /** How long it goes on; `undefined`: until it is stopped. */
  readonly seconds: number | undefined;
}

/** What is demonstrated. */
export type Demonstration =
  | ({ readonly kind: "cluster" } & DemoOptions)
  | ({ readonly kind: "load-balancer" } & LbDemoOptions);

const OPTIONS = {
  "dns-port": { type: "string" },
  "http-port": { type: "string" },
  lb: { type: "boolean" },
  seconds: { type: "string" },
} as const;

/** @throws {MesosDnsError} USAGE */
export function parseOptions(argv: readonly string[]): Demonstration {
  const values = parse(argv);
  const { lb, seconds, ...ports } = values;
  if (lb) {
    const [stray] = Object.keys(ports);
    if (stray !== undefined) throw usage(`--${stray} does not go with --lb, whose ports are any that are free`);
    return { kind: "load-balancer", seconds: seconds === undefined ? undefined : secondsOf(seconds) };
  }
  if (seconds !== undefined) throw usage("--seconds goes with --lb only");
  return {
    kind: "cluster",
    dnsPort: portOf("dns-port", ports["dns-port"] ?? "8053"),
    httpPort: portOf("http-port", ports["http-port"] ?? "8123"),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (error) {
    throw usage(messageOf(error));
  }
}

function portOf(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw usage(`--${flag} must be a port from 1 to 65535, not ${JSON.stringify(text)}`);
  return port;
}

function secondsOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw usage(`--seconds must be a number of seconds from 1 to 999999, not ${JSON.stringify(text)}`);
}

function usage(problem: string): MesosDnsError {
  const forms = "npm run demo -- [--dns-port PORT] [--http-port PORT], or npm run demo -- --lb [--seconds N]";
  return new MesosDnsError("USAGE", `${problem}; usage: ${forms}`);
}

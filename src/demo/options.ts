import { parseArgs } from "node:util";
import { MesosDnsError, messageOf } from "../base/errors.js";

export interface DemoOptions {
  readonly dnsPort: number;
  readonly httpPort: number;
}

/** @throws {MesosDnsError} USAGE */
export function parseOptions(argv: readonly string[]): DemoOptions {
  const { values } = parse(argv);
  return { dnsPort: portOf("dns-port", values["dns-port"]), httpPort: portOf("http-port", values["http-port"]) };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        "dns-port": { type: "string", default: "8053" },
        "http-port": { type: "string", default: "8123" },
      },
    });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

function portOf(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw usage(`--${flag} must be a port from 1 to 65535, not ${JSON.stringify(text)}`);
  return port;
}

function usage(problem: string): MesosDnsError {
  return new MesosDnsError("USAGE", `${problem}; usage: npm run demo -- [--dns-port PORT] [--http-port PORT]`);
}

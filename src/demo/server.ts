import { HOST } from "./loopback.js";
import type { DemoOptions } from "./options.js";
import { DemoProgram } from "./program.js";

/** Addresses that a program may use without asking anybody. */
export const VIP_RANGE = "127.11.0.0-127.11.255.254";

export interface ServerOptions extends DemoOptions {
  /** `host:port` of the master to follow. */
  readonly master: string;
  /** Told what the server warns of while it runs. */
  readonly onWarning: (text: string) => void;
}

/** Starts the real server. */
export function startServer(options: ServerOptions): DemoProgram {
  return new DemoProgram({
    words: [],
    config: () => configOf(options),
    ready: "listening",
    onWarning: options.onWarning,
  });
}

function configOf({ master, dnsPort, httpPort }: ServerOptions) {
  return {
    masters: [master],
    domain: "mesos",
    listener: HOST,
    port: dnsPort,
    httplistener: HOST,
    httpport: httpPort,
    refreshSeconds: 1,
    ttl: 5,
    SOAMinttl: 1,
    externalon: false,
    vips: { names: true, ipv4Range: VIP_RANGE, lingerSeconds: 5 },
  };
}

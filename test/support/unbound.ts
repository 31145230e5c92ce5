import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type At, askTcp } from "./ask.js";
import { startForeign } from "./foreign-server.js";
import { freePort } from "./server.js";

export interface UnboundOptions {
  /** Records it knows by itself, as lines of a zone file. */
  readonly localData?: readonly string[];
  /** Whom it asks for everything else: `127.0.0.1:53`. */
  readonly forwardTo?: string;
  /** PEM files for DNS over TLS on a port of its own. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The port to listen on; a free one unless given. */
  readonly port?: number;
}

export interface Unbound extends At {
  /** As in the configuration's `resolvers`. */
  readonly address: string;
  readonly tlsPort: number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** A recursive resolver of somebody else's on a port of 127.0.0.1. */
export async function startUnbound(options: UnboundOptions): Promise<Unbound> {
  const at = { host: "127.0.0.1", port: options.port ?? (await freePort()) };
  const tlsPort = await freePort();
  const prepare = (folder: string) => {
    writeFileSync(join(folder, "unbound.conf"), configuration(folder, at.port, tlsPort, options));
    return ["-d", "-c", join(folder, "unbound.conf")];
  };
  const isUp = async () => (await askTcp(at, "unbound.example").catch(() => undefined)) !== undefined;
  return { ...at, address: `${at.host}:${at.port}`, tlsPort, ...(await startForeign("unbound", prepare, isUp)) };
}

function configuration(folder: string, port: number, tlsPort: number, options: UnboundOptions): string {
  const { localData = [], forwardTo, tls } = options;
  const tlsLines = tls
    ? `  interface: 127.0.0.1@${tlsPort}
  tls-port: ${tlsPort}
  tls-service-pem: "${tls.cert}"
  tls-service-key: "${tls.key}"
`
    : "";
  const forward =
    forwardTo === undefined ? "" : `forward-zone:\n  name: "."\n  forward-addr: ${forwardTo.replace(":", "@")}\n`;
  return `
server:
  interface: 127.0.0.1@${port}
${tlsLines}  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "example." static
  local-data: "unbound.example. 60 IN A 198.51.100.1"
${localData.map((line) => `  local-data: '${line}'\n`).join("")}remote-control:
  control-enable: no
${forward}`;
}

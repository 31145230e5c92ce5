import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type At, sendUdp } from "./ask.js";
import { encodeQuery } from "./dns.js";
import { startForeign } from "./foreign-server.js";
import { freePort } from "./server.js";

/** Other people's authoritative servers, each as a process of its own on a free port of 127.0.0.1. */

export interface Authority extends At {
  /** As in the configuration's `resolvers`. */
  readonly address: string;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

interface Settings {
  readonly folder: string;
  readonly port: number;
  /** The zone's name and the path of its master file. */
  readonly zone: string;
  readonly file: string;
}

export const AUTHORITIES = {
  Knot: { tool: "knotd", config: knotConfig, args: (config: string) => ["-c", config] },
  NSD: { tool: "nsd", config: nsdConfig, args: (config: string) => ["-d", "-c", config] },
} as const;

/** Starts a server with one zone, given as the text of its master file, and waits until it answers. */
export async function startAuthority(name: keyof typeof AUTHORITIES, zone: string, text: string): Promise<Authority> {
  const { tool, config, args } = AUTHORITIES[name];
  const at = { host: "127.0.0.1", port: await freePort() };
  const prepare = (folder: string) => {
    const file = join(folder, "zone");
    const configFile = join(folder, "config");
    mkdirSync(join(folder, "data"));
    writeFileSync(file, text);
    writeFileSync(configFile, config({ folder, port: at.port, zone, file }));
    return args(configFile);
  };
  const running = await startForeign(tool, prepare, () => hasZone(at, zone));
  return { ...at, address: `${at.host}:${at.port}`, ...running };
}

const PATIENCE_MS = 500;

/** Whether the zone's SOA is answered; a datagram to a port nobody has opened yet is simply lost. */
async function hasZone(at: At, zone: string): Promise<boolean> {
  const silence = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
  const answer = await Promise.race([sendUdp(at, encodeQuery(zone, { type: "SOA" })).catch(() => undefined), silence]);
  return answer !== undefined && answer.readUInt16BE(6) === 1;
}

/** As it comes, but for what it needs to run beside others, and without an NSID, which takes room in answers. */
function knotConfig({ folder, port, zone, file }: Settings): string {
  return `server:
    rundir: ${folder}
    listen: 127.0.0.1@${port}
    nsid: ""
database:
    storage: ${join(folder, "data")}
log:
  - target: stderr
    any: warning
zone:
  - domain: ${zone}
    file: ${file}
    journal-content: none
    zonefile-sync: -1
`;
}

/** The same; minimal responses as Knot gives them, and no rate limit. */
function nsdConfig({ folder, port, zone, file }: Settings): string {
  return `server:
    ip-address: 127.0.0.1@${port}
    username: ""
    chroot: ""
    zonesdir: "${folder}"
    database: ""
    pidfile: ""
    zonelistfile: "${join(folder, "data", "zones")}"
    xfrdfile: "${join(folder, "data", "xfrd")}"
    xfrdir: "${join(folder, "data")}"
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "${zone}"
    zonefile: "${file}"
`;
}

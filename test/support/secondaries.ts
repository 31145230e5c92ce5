import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { At } from "./ask.js";
import { freePort, runProgram, type Server } from "./server.js";
import { run, start, type Tool } from "./tools.js";
import { until } from "./wait.js";

/**
 * Other people's secondaries, each as a process of its own with a key and a loopback address of its own. They are configured with
 * what `mesos-dns transfer-config` prints, and with what they need to run beside others and to show what they have.
 */

const SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

interface Place {
  readonly folder: string;
  /** The address that it transfers from, and answers on if it can. */
  readonly host: string;
  readonly port: number;
}

interface Kind {
  readonly tool: Tool;
  /** The name that `transfer-config` knows it by. */
  readonly name: string;
  /** Writes the configuration, and returns the arguments to start with. */
  prepare(lines: string, place: Place): Promise<readonly string[]>;
}

/** Each with its number, which is in its address. */
export const SECONDARIES = {
  Knot: { tool: "knotd", name: "knot", prepare: prepareKnot },
  NSD: { tool: "nsd", name: "nsd", prepare: prepareNsd },
  BIND: { tool: "named", name: "bind", prepare: prepareBind },
  PowerDNS: { tool: "pdns_server", name: "powerdns", prepare: preparePowerDns },
  Unbound: { tool: "unbound", name: "unbound", prepare: prepareUnbound },
} as const satisfies Record<string, Kind>;

export type SecondaryName = keyof typeof SECONDARIES;

/** A secret for each secondary. Unbound signs nothing. */
export function keyOf(name: SecondaryName): { readonly name: string; readonly secret: string } {
  return { name: `${name.toLowerCase()}.example`, secret: Buffer.alloc(32, name).toString("base64") };
}

/** The address that it transfers from. */
export function addressOf(name: SecondaryName): string {
  return `127.0.5.${Object.keys(SECONDARIES).indexOf(name) + 1}`;
}

/** The address that it answers on. BIND listens on addresses of interfaces only. */
function listensAt(name: SecondaryName): string {
  return name === "BIND" ? "127.0.0.1" : addressOf(name);
}

/** What the primary's configuration has to say of secondaries, at these ports. */
export function configFor(ports: Readonly<Partial<Record<SecondaryName, number>>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(ports) as SecondaryName[];
  const signing = names.filter((name) => name !== "Unbound");
  return {
    tsigKeys: signing.map(keyOf),
    allowTransfer: [
      ...signing.map((name) => `key:${keyOf(name).name}`),
      ...(names.includes("Unbound") ? [`${addressOf("Unbound")}/32`] : []),
    ],
    notify: names.map((name) => ({
      address: listensAt(name),
      port: ports[name],
      ...(name !== "Unbound" && { key: keyOf(name).name }),
    })),
  };
}

/** Records in one order, without the SOA: its timers say nothing of what the zone has. */
function sorted(text: string): string[] {
  const records = text.split("\n").filter((line) => line !== "" && !/^;|\s(SOA|TSIG)\s/.test(line));
  return records.map((line) => line.replace(/\s+/g, " ").toLowerCase()).sort();
}

/** All records of a zone, as dig gets them by AXFR. */
export async function contentOf({ host, port }: At, zone: string, ...how: string[]): Promise<string[]> {
  const words = [`@${host}`, "-p", String(port), zone, "axfr", "+nocomments", "+nostats", "+nocmd", ...how];
  const { stdout } = await run("dig", words);
  return sorted(stdout);
}

export async function serialOf({ host, port }: At, zone: string): Promise<number> {
  const { stdout } = await run("dig", [`@${host}`, "-p", String(port), zone, "soa", "+short", "+tries=1", "+time=2"]);
  return Number(stdout.split(" ")[2] ?? Number.NaN);
}

/** A secondary that runs. */
export class Secondary implements At {
  readonly host: string;
  readonly port: number;
  readonly #name: SecondaryName;
  readonly #folder: string;
  #args: readonly string[] = [];
  #ended: Promise<unknown> = Promise.resolve();
  #kill: (signal: NodeJS.Signals) => void = () => {};

  constructor(name: SecondaryName, port: number) {
    this.#name = name;
    this.host = listensAt(name);
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), `mesos-dns-${name.toLowerCase()}-`));
  }

  /** @param primaries the servers to transfer from, the preferred one first */
  async configure(primaries: readonly Server[]): Promise<void> {
    const { name, prepare } = SECONDARIES[this.#name];
    const from = primaries.flatMap(({ host, port }) => ["--primary", `${host}:${port}`]);
    const key = this.#name === "Unbound" ? [] : ["--key", keyOf(this.#name).name];
    const { stdout } = await runProgram("transfer-config", name, ...from, ...key, "-config", primaries[0].configFile);
    const lines = stdout.replaceAll(/<the secret of [^>]*>/g, keyOf(this.#name).secret);
    this.#args = await prepare(lines, { folder: this.#folder, host: addressOf(this.#name), port: this.port });
  }

  run(): void {
    const { child, lost } = start(SECONDARIES[this.#name].tool, this.#args);
    this.#kill = (signal) => void child.kill(signal);
    this.#ended = lost.catch(() => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  async stop(): Promise<void> {
    this.#kill("SIGCONT");
    this.#kill("SIGTERM");
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Waits until it has the primary's version, and returns both contents. */
  async caughtUp(primary: Server, zone = "mesos"): Promise<void> {
    const serial = await serialOf(primary, zone);
    await until(`${this.#name} at ${serial}`, async () => (await serialOf(this, zone)) === serial);
  }

  /** All records that it has. Unbound serves no AXFR, but writes a file. */
  content(zone = "mesos"): Promise<string[]> {
    return contentOf(this, zone, "-b", "127.0.0.1");
  }
}

/** A free port for each secondary. */
export async function portsFor(names: readonly SecondaryName[]): Promise<Record<SecondaryName, number>> {
  const ports = {} as Record<SecondaryName, number>;
  for (const name of names) ports[name] = await freePort();
  return ports;
}

function write({ folder }: Place, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function prepareKnot(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `server:
  rundir: ${folder}
  listen: ${host}@${port}
database:
  storage: ${folder}
log:
  - target: stderr
    any: warning
`;
  const text = lines
    .replace(/^zone:/m, `zone:`)
    .replace(/^( {4}address: [^\n]*@\d+)$/gm, `$1\n    via: ${host}`)
    .replace("acl:\n", "acl:\n  - id: all\n    action: transfer\n")
    .replace("acl: notify-from-mesos-dns", `acl: [notify-from-mesos-dns, all]\n    storage: ${folder}`);
  return ["-c", write(place, "knot.conf", own + text)];
}

async function prepareNsd(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `server:
  ip-address: ${host}@${port}
  username: ""
  server-count: 1
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
remote-control:
  control-enable: no
`;
  const more = `    outgoing-interface: ${host}\n    provide-xfr: 127.0.0.1 NOKEY\n`;
  return ["-d", "-c", write(place, "nsd.conf", own + lines.replace(/^( {4}name: "mesos-dns"\n)/m, `$1${more}`))];
}

async function prepareBind(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  serial-query-rate 100;
  transfer-source ${host};
};
controls { };
`;
  return [
    "-g",
    "-c",
    write(place, "named.conf", own + lines.replaceAll("allow-transfer { none; }", "allow-transfer { 127.0.0.1; }")),
  ];
}

async function preparePowerDns(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `launch=gsqlite3
gsqlite3-database=${folder}/pdns.sqlite3
gsqlite3-pragma-synchronous=0
local-address=${host}
local-port=${port}
query-local-address=${host}
socket-dir=${folder}
daemon=no
guardian=no
secondary=yes
xfr-cycle-interval=5
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
allow-axfr-ips=127.0.0.1
`;
  write(place, "pdns.conf", own);
  await run("sqlite3", ["-bail", join(folder, "pdns.sqlite3")], `.read ${SCHEMA}\n${lines}\n`);
  return [`--config-dir=${folder}`];
}

async function prepareUnbound(lines: string, place: Place): Promise<readonly string[]> {
  const { folder, host, port } = place;
  const own = `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: "${folder}/unbound.pid"
  interface: ${host}@${port}
  outgoing-interface: ${host}
  do-not-query-localhost: no
  module-config: "iterator"
  use-syslog: no
  logfile: ""
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
`;
  return ["-d", "-c", write(place, "unbound.conf", own + lines)];
}

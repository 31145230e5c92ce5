import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { At } from "./ask.js";
import {
  type Place,
  prepareBind,
  prepareKnot,
  prepareNsd,
  preparePowerDns,
  prepareUnbound,
} from "./secondary-setups.js";
import { freePort, runProgram, type Server } from "./server.js";
import { run, type Started, start, type Tool } from "./tools.js";
import { until } from "./wait.js";

/**
 * Other people's secondaries, each as a process of its own with a key and a loopback address of its own. They are configured with
 * what `mesos-dns transfer-config` prints, and with what they need to run beside others and to show what they have.
 */

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

type Ports = Readonly<Partial<Record<SecondaryName, number>>>;

/** What the primary's configuration has to say of secondaries, at these ports. */
export function configFor(ports: Ports) {
  const names = Object.keys(ports) as SecondaryName[];
  const signing = names.filter((name) => name !== "Unbound");
  return {
    tsigKeys: signing.map(keyOf),
    allowTransfer: [
      ...signing.map((name) => `key:${keyOf(name).name}`),
      // Over TCP, Unbound asks from the address that the route has.
      ...(names.includes("Unbound") ? ["127.0.0.1"] : []),
    ],
    notify: names.map((name) => ({
      address: listensAt(name),
      port: ports[name],
      ...(name !== "Unbound" && { key: keyOf(name).name }),
    })),
  };
}

/** The key that a test itself transfers zones with, to compare. */
export const CHECK = { name: "check.example", secret: Buffer.alloc(32, 1).toString("base64") };
export const CHECK_KEY = signedBy(CHECK);

/** The words for dig to sign with a key. */
export function signedBy({ name, secret }: { readonly name: string; readonly secret: string }): readonly string[] {
  return ["-y", `hmac-sha256:${name}:${secret}`];
}

/** The same as `configFor`, with a key for the test itself. */
export function checkedConfigFor(ports: Ports) {
  const config = configFor(ports);
  const { tsigKeys, allowTransfer } = config;
  return { ...config, tsigKeys: [...tsigKeys, CHECK], allowTransfer: [...allowTransfer, `key:${CHECK.name}`] };
}

/** Records in one order, without the SOA: its timers say nothing of what the zone has. */
export function sorted(text: string): string[] {
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

/** How many transfers of the domain the server has given, of a kind and with a result. */
export async function transfersOf(server: Server, kind: string, result = "ok"): Promise<number> {
  return (await server.metric(`mesos_dns_transfers_total{zone="mesos",kind="${kind}",result="${result}"}`)) ?? 0;
}

/** A secondary that runs. */
export class Secondary implements At {
  readonly host: string;
  readonly port: number;
  readonly #name: SecondaryName;
  readonly #folder: string;
  #args: readonly string[] = [];
  #started: Started | undefined;

  constructor(name: SecondaryName, port: number) {
    this.#name = name;
    this.host = listensAt(name);
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), `mesos-dns-${name.toLowerCase()}-`));
  }

  /**
   * @param primaries the servers to transfer from, the preferred one first
   * @param adapt changes the lines that `transfer-config` prints
   */
  async configure(primaries: readonly Server[], adapt = (lines: string) => lines): Promise<void> {
    const { name, prepare } = SECONDARIES[this.#name];
    const from = primaries.flatMap(({ host, port }) => ["--primary", `${host}:${port}`]);
    const key = this.#name === "Unbound" ? [] : ["--key", keyOf(this.#name).name];
    const { stdout } = await runProgram("transfer-config", name, ...from, ...key, "-config", primaries[0].configFile);
    const lines = stdout.replaceAll(/<the secret of [^>]*>/g, keyOf(this.#name).secret);
    this.#args = await prepare(adapt(lines), { folder: this.#folder, host: addressOf(this.#name), port: this.port });
  }

  run(): void {
    this.#started = start(SECONDARIES[this.#name].tool, this.#args);
  }

  signal(signal: NodeJS.Signals): void {
    this.#started?.signal(signal);
  }

  async stop(): Promise<void> {
    await this.#started?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Waits until it has the primary's version, and returns both contents. */
  async caughtUp(primary: Server, zone = "mesos"): Promise<void> {
    const serial = await serialOf(primary, zone);
    await until(`${this.#name} at ${serial}`, async () => (await serialOf(this, zone)) === serial);
  }

  /** All records that it has. Unbound serves no AXFR, but writes a file after each transfer. */
  async content(zone = "mesos"): Promise<string[]> {
    if (this.#name === "Unbound") return sorted(readFileSync(join(this.#folder, `${zone}.zone`), "utf8"));
    return contentOf(this, zone, "-b", "127.0.0.1");
  }
}

/** A free port for each secondary. */
export async function portsFor(names: readonly SecondaryName[]): Promise<Record<SecondaryName, number>> {
  const ports = {} as Record<SecondaryName, number>;
  for (const name of names) ports[name] = await freePort();
  return ports;
}

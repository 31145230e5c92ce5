/** What a HAProxy that runs says of its servers and maps. */
import { tableOf } from "../../haproxy/table.js";
import type { BalancerMaps } from "./balancer.js";

export interface Running {
  /** By name; of each its servers by name. */
  readonly backends: ReadonlyMap<string, ReadonlyMap<string, RunningServer>>;
  readonly maps: BalancerMaps;
  /** Frontends that take no connections. */
  readonly closed: readonly ClosedFrontend[];
}

export interface ClosedFrontend {
  readonly name: string;
  /** Whether only a reload opens it again. */
  readonly isShutDown: boolean;
}

export interface RunningServer {
  readonly id: number;
  /** As HAProxy writes it: `192.0.2.1:80`. */
  readonly address: string;
  /** Whether it gets nothing new, for a command or for the configuration. */
  readonly isInMaintenance: boolean;
  /** Whether somebody has it drain, or get less than the others. */
  readonly isHeldBack: boolean;
  /** Whether it takes connections as far as HAProxy knows: it passes its check, or has none. */
  readonly isUp: boolean;
  readonly sessions: number;
  /** "" if it has none. */
  readonly cookie: string;
}

/** The commands whose answers `readRunning` takes, in this order. @param files those of the maps */
export function stateCommands(files: { readonly hosts: string; readonly apps: string }): readonly string[] {
  // Frontends are 1, backends are 2, servers are 4.
  return ["show stat -1 7 -1", `show map ${files.hosts}`, `show map ${files.apps}`];
}

export function readRunning([servers = "", hosts = "", apps = ""]: readonly string[]): Running {
  const backends = new Map<string, Map<string, RunningServer>>();
  const closed: ClosedFrontend[] = [];
  for (const row of tableOf(servers.trim().split("\n"), ",")) {
    if (row("svname") === "") continue;
    if (row("svname") === "FRONTEND") {
      if (CLOSED.has(row("status"))) closed.push({ name: row("pxname"), isShutDown: row("status") === "STOP" });
      continue;
    }
    const known = backends.get(row("pxname")) ?? new Map<string, RunningServer>();
    backends.set(row("pxname"), known);
    // It has a row also if it has no servers.
    if (row("svname") === "BACKEND") continue;
    const status = row("status");
    known.set(row("svname"), {
      id: Number(row("sid")),
      address: row("addr"),
      isInMaintenance: status.startsWith("MAINT"),
      isHeldBack: status.startsWith("DRAIN") || !ALL.has(row("uweight")),
      isUp: status.startsWith("UP") || status === "no check",
      sessions: Number(row("scur")),
      cookie: row("cookie"),
    });
  }
  return { backends, maps: { hosts: readMap(hosts), apps: readMap(apps) }, closed };
}

const CLOSED: ReadonlySet<string> = new Set(["PAUSED", "STOP"]);
/** Weights of a server that gets its part; before 2.6, HAProxy does not tell it. */
const ALL: ReadonlySet<string> = new Set(["1", ""]);

/** Lines of an address in memory, a key and a value. */
function readMap(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value] = /^0x[0-9a-f]+ (\S+) (.*)$/u.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    // Of several entries for a key, HAProxy takes the first one, and `set map` makes all the same.
    const before = entries.get(key);
    entries.set(key, before === undefined || before === value ? value : "");
  }
  return entries;
}

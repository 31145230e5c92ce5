/** What a HAProxy that runs says of its servers and maps. */
import { tableOf } from "../../haproxy/table.js";
import type { BalancerMaps } from "./balancer.js";

export interface Running {
  /** By name; of each its servers by name. */
  readonly backends: ReadonlyMap<string, ReadonlyMap<string, RunningServer>>;
  readonly maps: BalancerMaps;
}

export interface RunningServer {
  /** As HAProxy writes it: `192.0.2.1:80`. */
  readonly address: string;
  /** Whether it gets nothing new, for a command or for the configuration. */
  readonly isInMaintenance: boolean;
  /** Whether it takes connections as far as HAProxy knows: it passes its check, or has none. */
  readonly isUp: boolean;
  readonly sessions: number;
  /** "" if it has none. */
  readonly cookie: string;
}

/** The commands whose answers `readRunning` takes, in this order. @param files those of the maps */
export function stateCommands(files: { readonly hosts: string; readonly apps: string }): readonly string[] {
  return ["show stat -1 4 -1", `show map ${files.hosts}`, `show map ${files.apps}`];
}

export function readRunning([servers = "", hosts = "", apps = ""]: readonly string[]): Running {
  const backends = new Map<string, Map<string, RunningServer>>();
  for (const row of tableOf(servers.trim().split("\n"), ",")) {
    if (row("svname") === "") continue;
    const known = backends.get(row("pxname")) ?? new Map<string, RunningServer>();
    backends.set(row("pxname"), known);
    const status = row("status");
    known.set(row("svname"), {
      address: row("addr"),
      isInMaintenance: status.startsWith("MAINT"),
      isUp: status.startsWith("UP") || status === "no check",
      sessions: Number(row("scur")),
      cookie: row("cookie"),
    });
  }
  return { backends, maps: { hosts: readMap(hosts), apps: readMap(apps) } };
}

/** Lines of an address in memory, a key and a value. */
function readMap(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line): readonly [string, string][] => {
      const [, key, value] = /^0x[0-9a-f]+ (\S+) (.*)$/u.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}

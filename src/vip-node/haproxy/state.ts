/** What HAProxy says of itself to what it carries. */
import { tableOf } from "../../haproxy/table.js";
import { type Actual, type ActualTarget, type Service, shouldBeOpen } from "../model.js";
import { backendName, serviceOfBackend, serviceOfFrontend, targetOfServer } from "./names.js";

/** The commands whose answers `readState` takes, in this order: servers; frontends (1) and servers (4) with their counts. */
export const STATE_COMMANDS = ["show servers state", "show stat -1 5 -1"] as const;

/** Bits of `srv_admin_state`: maintenance by a command, by another server's, by the configuration; draining by a command, by another's. */
const MAINTENANCE = 0x01 | 0x02 | 0x04;
const DRAINING = 0x08 | 0x10;

/** Services and targets that are called as ours are; what is called otherwise is left out. */
export function readState(servers: string, stat: string): Actual {
  const rows = tableOf(stat.trim().split("\n"), ",");
  // The first line is the version of the format.
  const states = tableOf(servers.trim().split("\n").slice(1), " ");
  const sessions = new Map(rows.map((row) => [`${row("pxname")}/${row("svname")}`, Number(row("scur"))]));
  const targets = new Map<string, ActualTarget[]>();
  for (const row of states) {
    const backend = row("be_name");
    const target = serviceOfBackend(backend) && targetOfServer(row("srv_name"));
    if (!target) continue;
    const admin = Number(row("srv_admin_state"));
    const weight = (admin & DRAINING) === 0 ? Number(row("srv_uweight")) : 0;
    const isIdle = sessions.get(`${backend}/${row("srv_name")}`) === 0;
    const known = targets.get(backend) ?? [];
    known.push({ ...target, weight, isRetired: (admin & MAINTENANCE) !== 0, isIdle });
    targets.set(backend, known);
  }
  return rows.flatMap((row) => {
    const service = row("svname") === "FRONTEND" ? serviceOfFrontend(row("pxname")) : undefined;
    if (!service) return [];
    return [{ ...service, isOpen: row("status") === "OPEN", targets: targets.get(backendName(service)) ?? [] }];
  });
}

/** What stands as a table that could be wanted: without targets that are retired, as HAProxy would begin with it. */
export function servicesOf(actual: Actual): readonly Service[] {
  return actual.map(({ address, port, protocol, targets }) => ({
    ...{ address, port, protocol, name: backendName({ address, port, protocol }) },
    targets: targets
      .filter(({ isRetired }) => !isRetired)
      .map(({ ip, port: at, weight }) => ({ ip, port: at, weight })),
  }));
}

export function closedOf(services: readonly Service[]): readonly Service[] {
  return services.filter((service) => !shouldBeOpen(service));
}

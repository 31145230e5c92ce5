import { readdir, readFile, readlink } from "node:fs/promises";

/** A process that holds a socket. */
export interface Owner {
  readonly pid: number;
  /** As the kernel names it, of at most 15 characters: `systemd-resolve`, `dnsmasq`, `named`. */
  readonly name: string;
  readonly command: string;
}

export interface ProcFiles {
  readonly text: (path: string) => Promise<string>;
  readonly link: (path: string) => Promise<string>;
  readonly list: (path: string) => Promise<readonly string[]>;
}

export const PROC: ProcFiles = {
  text: (path) => readFile(path, "utf8"),
  link: (path) => readlink(path),
  list: (path) => readdir(path),
};

/** The state of a TCP socket that listens, in /proc/net/tcp. UDP sockets have none. */
const LISTEN = "0A";
const TABLES = { udp: ["udp", "udp6"], tcp: ["tcp", "tcp6"] } as const;

/** The processes with a socket at this port, whatever its address; those of other users only for root. Linux only. */
export async function ownersOf(protocol: "udp" | "tcp", port: number, proc: ProcFiles): Promise<readonly Owner[]> {
  const tables = await Promise.all(TABLES[protocol].map((name) => proc.text(`/proc/net/${name}`).catch(() => "")));
  const inodes = new Set(tables.flatMap((table) => inodesAt(table, port, protocol === "tcp")));
  if (inodes.size === 0) return [];
  const pids = (await proc.list("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const owners = await Promise.all(pids.map((pid) => ownerAt(pid, inodes, proc)));
  return owners.filter((owner) => owner !== undefined);
}

/** The inodes of sockets at a port, from a table such as /proc/net/udp (proc(5)). */
export function inodesAt(table: string, port: number, listensOnly: boolean): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return local.endsWith(suffix) && (!listensOnly || state === LISTEN) && inode !== "0" ? inode : [];
  });
}

async function ownerAt(pid: string, inodes: ReadonlySet<string>, proc: ProcFiles): Promise<Owner | undefined> {
  const files = await proc.list(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    const target = await proc.link(`/proc/${pid}/fd/${file}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode === undefined || !inodes.has(inode)) continue;
    const [name, command] = await Promise.all(
      ["comm", "cmdline"].map((part) => proc.text(`/proc/${pid}/${part}`).catch(() => "")),
    );
    return { pid: Number(pid), name: (name ?? "").trim(), command: (command ?? "").replaceAll("\0", " ").trim() };
  }
  return undefined;
}

import ipaddr from "ipaddr.js";
import { MesosDnsError } from "../base/errors.js";

/** A socket that was opened by the parent process, such as systemd. */
export interface InheritedSocket {
  readonly fd: number;
  readonly protocol: "udp" | "tcp";
  readonly host: string;
  readonly port: number;
}

/** Reads facts about the descriptors of this process. */
export interface DescriptorFacts {
  /** The target of the link `/proc/self/fd/FD`. */
  readonly link: (fd: number) => string;
  /** The text of `/proc/self/net/TABLE`. */
  readonly table: (name: string) => string;
}

const FIRST_FD = 3;
const TABLES = ["udp", "udp6", "tcp", "tcp6"] as const;
/** Columns of `/proc/self/net` tables: the local address in hexadecimal, and the inode. */
const LOCAL = 1;
const INODE = 9;

/**
 * The sockets that systemd has opened (sd_listen_fds(3)). They stay open while the service restarts, so that no query that
 * arrives meanwhile is lost.
 *
 * @param pid of this process
 * @throws {MesosDnsError} LISTEN_FAILED for a descriptor that is not a UDP or TCP socket for IP
 */
export function inheritedSockets(env: NodeJS.ProcessEnv, pid: number, facts: DescriptorFacts): InheritedSocket[] {
  if (Number(env.LISTEN_PID) !== pid) return [];
  return Array.from({ length: Number(env.LISTEN_FDS) || 0 }, (_, i) => describeSocket(FIRST_FD + i, facts));
}

function describeSocket(fd: number, { link, table }: DescriptorFacts): InheritedSocket {
  const inode = /^socket:\[(\d+)\]$/.exec(link(fd))?.[1];
  for (const name of TABLES) {
    const rows = table(name)
      .split("\n")
      .map((row) => row.trim().split(/\s+/));
    const local = rows.find((row) => row[INODE] === inode)?.[LOCAL];
    if (inode === undefined || local === undefined) continue;
    const [address, port] = local.split(":");
    return {
      fd,
      protocol: name.startsWith("udp") ? "udp" : "tcp",
      host: hostOf(address),
      port: Number.parseInt(port, 16),
    };
  }
  const advice = "ListenDatagram= and ListenStream= of the socket unit take an IP address and a port";
  throw new MesosDnsError("LISTEN_FAILED", `descriptor ${fd} from systemd is no UDP or TCP socket for IP: ${advice}`);
}

/** The text of an address. The kernel writes it as 32-bit words in the machine's byte order. */
function hostOf(hexadecimal: string): string {
  const words = hexadecimal.match(/.{8}/g) ?? [];
  const octets = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  const numbers = octets.map((octet) => Number.parseInt(octet, 16));
  return ipaddr.fromByteArray(numbers).toString();
}

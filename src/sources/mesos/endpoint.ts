import { type HostPort, isPort } from "../../base/host-port.js";

/** name@host:port. The name may contain anything; an IPv6 address is in brackets. */
const PID = /^.*@(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/[\]]+)):(\d{1,5})$/;

/**
 * The address in a libprocess PID: `master@192.0.2.1:5050`, `slave(1)@[2001:db8::1]:5051`, `scheduler-1@host.example:15101`.
 * `undefined` for anything else.
 */
export function parsePid(pid: unknown): HostPort | undefined {
  const match = typeof pid === "string" ? PID.exec(pid) : null;
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && isPort(port) ? { host, port } : undefined;
}

/** Whether both have the same host, ignoring case, and the same port. Resolves nothing. */
export function sameEndpoint(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase();
}

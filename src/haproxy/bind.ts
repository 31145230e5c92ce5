import { createServer } from "node:net";
import { messageOf } from "../base/errors.js";
import { type HostPort, isPort } from "../base/host-port.js";

/** Why nobody can listen at an address and port: a word for metrics, and a sentence for people. */
export interface BindRefusal {
  readonly reason: "port_in_use" | "not_permitted" | "no_route";
  readonly detail: string;
}

const REASONS: Readonly<Record<string, readonly [reason: BindRefusal["reason"], what: string]>> = {
  EADDRINUSE: [
    "port_in_use",
    "another program of this node listens there, or on that port of all addresses (`ss -ltnp` shows it)",
  ],
  EACCES: ["not_permitted", "ports below 1024 need CAP_NET_BIND_SERVICE"],
  EPERM: ["not_permitted", "a rule of this node forbids it"],
};
const NO_ROUTE = "the address is not this node's: it needs a local route (for IPv6 also net.ipv6.ip_nonlocal_bind=1)";

/**
 * Why nobody can listen there; `undefined` if somebody can. Tried with a listener, for a moment: where HAProxy cannot listen at a reload,
 * it pauses all others for two seconds.
 */
export function tryToListen({ host, port }: HostPort): Promise<BindRefusal | undefined> {
  if (!isPort(port)) return Promise.resolve({ reason: "not_permitted", detail: `${port} is no port` });
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      const [reason, what] = REASONS[error.code ?? ""] ?? ["no_route", NO_ROUTE];
      resolve({ reason, detail: `${what} (${messageOf(error)})` });
    });
    server.listen({ host, port, exclusive: true, ipv6Only: host.includes(":") }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

import { MesosDnsError, messageOf } from "../../base/errors.js";
import { formatHostPort, type HostPort } from "../../base/host-port.js";
import type { Config } from "../../config/config.js";
import { type Check, check } from "./check.js";
import type { Owner } from "./owners.js";

/** What takes port 53 on a machine, and the lines that free it. */
const KNOWN: readonly (readonly [name: RegExp, advice: string])[] = [
  [
    /^systemd-resolve/,
    "it is systemd-resolved's stub: write `[Resolve]`, `DNSStubListener=no` and `DNS=127.0.0.1` into /etc/systemd/resolved.conf.d/mesos-dns.conf, then `systemctl restart systemd-resolved`; or let `listener` name other addresses than 127.0.0.53 (docs/in-front.md)",
  ],
  [
    /^dnsmasq/,
    "it is dnsmasq: `port=0` in /etc/dnsmasq.conf turns its DNS off, or `bind-interfaces` with `listen-address=` keeps it off this address",
  ],
  [
    /^named|^isc-/,
    "it is BIND: `listen-on { 127.0.0.2; };` in its options moves it, or `systemctl disable --now named`",
  ],
  [/^unbound/, "it is Unbound: `interface: 127.0.0.2` moves it, or let it forward to this server (docs/in-front.md)"],
  [/^pdns|^kresd|^coredns|^knot/, "another DNS server has it: move one of the two (docs/in-front.md)"],
];

export interface UsedPort extends HostPort {
  readonly protocol: "udp" | "tcp";
}

/** Every port that a server with this configuration listens on. */
export function portsIn(config: Config): readonly UsedPort[] {
  const { dnson, listener, port, tlsPort, httpon, httplistener, httpport, httpsPort, tlsCertFile, consul } = config;
  const tcp = (host: string, number: number): UsedPort => ({ protocol: "tcp", host, port: number });
  const hasTls = tlsCertFile !== "";
  return [
    ...(dnson ? listener.flatMap((host): UsedPort[] => [{ protocol: "udp", host, port }, tcp(host, port)]) : []),
    ...(dnson && hasTls && tlsPort > 0 ? listener.map((host) => tcp(host, tlsPort)) : []),
    ...(httpon ? [tcp(httplistener, httpport)] : []),
    ...(httpon && hasTls && httpsPort > 0 ? [tcp(httplistener, httpsPort)] : []),
    ...(consul.enabled ? [tcp(consul.httpListener, consul.httpPort)] : []),
  ];
}

export interface PortProbe {
  readonly protocol: "udp" | "tcp";
  readonly at: HostPort;
  /** Why nobody can listen there; `undefined` if somebody can. */
  readonly refusal: unknown;
  /** Who has it. */
  readonly owners: readonly Owner[];
  /** Whether the server's API answers where this configuration says. */
  readonly isRunning: boolean;
  /** Whether the server of this configuration has the port already. */
  readonly isOurs: boolean;
}

/** Whether this server can have a port, or has it. */
export function judgePort({ protocol, at, refusal, owners, isOurs, isRunning }: PortProbe): Check {
  const what = `${formatHostPort(at)} over ${protocol.toUpperCase()}`;
  if (refusal === undefined && isRunning) {
    const advice =
      "restart it: `port` and `listener` are read at the start alone; or another server has this configuration's httpport";
    return check(what, "warning", "it is free, although this server runs: it does not answer here", advice);
  }
  if (refusal === undefined) return check(what, "ok", "it is free");
  if (isOurs) return check(what, "ok", "this server answers there");
  const code = refusal instanceof MesosDnsError ? refusal.code : "";
  if (code !== "LISTEN_ADDRESS_IN_USE") return check(what, "fault", messageOf(refusal));
  const [owner] = owners;
  if (!owner) return check(what, "fault", "another program has it", "`ss -lntup` run as root says which");
  const known = KNOWN.find(([name]) => name.test(owner.name))?.[1];
  const advice = known ?? `stop it, or let \`listener\` or \`port\` of this server be others`;
  return check(what, "fault", `${owner.name} (process ${owner.pid}) has it`, advice);
}

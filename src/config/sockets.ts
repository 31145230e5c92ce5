/** The rules about listeners: host names and wildcards, and resolvers that would be this server itself. */
import { formatResolver } from "../base/host-port.js";
import { hears } from "../base/wildcards.js";
import type { Resolver } from "./config.js";
import { readAddress } from "./names.js";
import type { RuleContext } from "./rule-context.js";
import type { KeyPath, Values } from "./schema.js";

/** Replaces listeners that are host names or "" by addresses, and drops duplicates. */
export function withAddresses(values: Values, context: RuleContext): Values {
  const { dnson, httpon, listener, httplistener } = values;
  const addresses = dnson ? listener.map((name) => addressOf("listener", name, context)) : listener;
  // An address that another listener covers needs no socket of its own. On some systems it could not even have one.
  const isHeard = (address: string) => addresses.some((other) => other !== address && hears(other, address));
  return {
    ...values,
    listener: [...new Set(addresses)].filter((address) => address === "0.0.0.0" || !isHeard(address)),
    httplistener: httpon ? addressOf("httplistener", httplistener, context) : httplistener,
  };
}

function addressOf(key: string, name: string, { faults, lookUp, machineAddresses }: RuleContext): string {
  // As in Go: one socket for both families, or only IPv4 if the machine has no IPv6.
  if (name === "") return machineAddresses().some((address) => address.includes(":")) ? "::" : "0.0.0.0";
  if (lookUp === undefined || readAddress(name) !== undefined) return name;
  const found = lookUp(name);
  if (found === undefined) faults.add(key, name, "an address, or a host name that this machine has an address for");
  return found ?? name;
}

/** The host names that have to be looked up before sockets can be opened. */
export function listenerNames({ dnson, httpon, listener, httplistener }: Values): readonly string[] {
  const used = [...(dnson ? listener : []), ...(httpon ? [httplistener] : [])];
  return [...new Set(used.filter((name) => name !== "" && readAddress(name) === undefined))];
}

/** Removes this server itself from the resolvers: a query forwarded to it would loop. */
export function withoutItself<T extends Pick<Values, "resolvers" | "zoneResolvers">>(
  resolving: T,
  values: Values,
  { faults, warnings, machineAddresses }: RuleContext,
): T {
  if (!values.dnson || faults.has("listener")) return resolving;
  const { port, tlsPort, listener } = values;
  const own = new Set(listener.flatMap((at) => [at, ...machineAddresses().filter((address) => hears(at, address))]));
  const isOwn = ({ host, port: at, tlsName }: Resolver) =>
    at === (tlsName === undefined ? port : tlsPort) &&
    (own.has(host) || (host.startsWith("127.") && listener.some((at) => hears(at, host))));
  const others = (key: string, resolvers: readonly Resolver[]) => {
    for (const resolver of resolvers.filter(isOwn))
      warnings.push(`${key}: ${formatResolver(resolver)} is left out, as this server listens there itself`);
    const left = resolvers.filter((resolver) => !isOwn(resolver));
    if (left.length === 0 && resolvers.length > 0) warnings.push(`${key}: nobody is left to ask for these names`);
    return left;
  };
  return {
    ...resolving,
    resolvers: others("resolvers", resolving.resolvers),
    zoneResolvers: resolving.zoneResolvers.map(([zone, list]) => [zone, others(`zoneResolvers.${zone}`, list)]),
  };
}

interface Bound {
  readonly hosts: readonly string[];
  readonly port: number;
}

interface Server extends Bound {
  readonly key: KeyPath;
}

/** Refuses two servers of this process with the same TCP port, unless their addresses are disjoint. */
export function checkCollisions(values: Values, { faults }: RuleContext): void {
  const { dnson, httpon, listener, httplistener, tlsCertFile, port, tlsPort, httpport, httpsPort, consul } = values;
  const isSecure = tlsCertFile !== "";
  const servers: Server[] = [
    ...(dnson ? [{ key: "port" as const, hosts: listener, port }] : []),
    ...(dnson && isSecure && tlsPort > 0 ? [{ key: "tlsPort" as const, hosts: listener, port: tlsPort }] : []),
    ...(httpon ? [{ key: "httpport" as const, hosts: [httplistener], port: httpport }] : []),
    ...(httpon && isSecure && httpsPort > 0
      ? [{ key: "httpsPort" as const, hosts: [httplistener], port: httpsPort }]
      : []),
    ...(consul.enabled
      ? [{ key: "consul.httpPort" as const, hosts: [consul.httpListener], port: consul.httpPort }]
      : []),
  ];
  servers.forEach((server, index) => {
    const rival = servers.slice(0, index).find((other) => collide(other, server));
    if (rival && !faults.has(server.key))
      faults.add(
        server.key,
        server.port,
        `another port than ${rival.key}, which has this one at ${rival.hosts.join(", ")}`,
      );
  });
}

/** Whether one of two servers would get what is sent to the other. */
export function collide(one: Bound, other: Bound): boolean {
  const meet = (a: string, b: string) => a === b || hears(a, b) || hears(b, a);
  return one.port === other.port && one.hosts.some((a) => other.hosts.some((b) => meet(a, b)));
}

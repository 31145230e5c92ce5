/** What a node carries: virtual addresses as they should be, and as they are. */
import { formatHostPort } from "../base/host-port.js";
import type { Protocol } from "../vips/label.js";

/** Where connections come in. */
export interface ServiceAddress {
  /** An IPv4 or IPv6 address in its shortest spelling. */
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** Where they may go. */
export interface Target {
  readonly ip: string;
  readonly port: number;
  /** Its share of new connections, 0 to 256; 0: it keeps the connections that it has, and gets no new ones. */
  readonly weight: number;
}

/** A service as it should be. */
export interface Service extends ServiceAddress {
  /** For people: `redis.marathon.l4lb.thisdcos.directory:6379`, or the literal address and port. */
  readonly name: string;
  /** Each address and port once. */
  readonly targets: readonly Target[];
}

/** A target as it is. */
export interface ActualTarget extends Target {
  /** No longer wanted: it gets nothing new, whatever its weight, until it is wanted again or deleted. */
  readonly isRetired: boolean;
  /** It has no connections. */
  readonly isIdle: boolean;
}

/** A service as it is. */
export interface ActualService extends ServiceAddress {
  /** Whether it takes new connections. If not, they are refused at once. */
  readonly isOpen: boolean;
  readonly targets: readonly ActualTarget[];
}

/** What a data plane carries now. */
export type Actual = readonly ActualService[];

/** Every service is looked up several times for each change of any. */
const keys = new WeakMap<ServiceAddress, string>();

/** Identifies a service on a node: `tcp:192.0.2.1:6379`, `udp:[2001:db8::1]:53`. */
export function serviceKey(service: ServiceAddress): string {
  const known = keys.get(service);
  if (known !== undefined) return known;
  const { protocol, address, port } = service;
  const key = `${protocol}:${formatHostPort({ host: address, port })}`;
  keys.set(service, key);
  return key;
}

/** Identifies a target of a service: `192.0.2.1:31000`, `[2001:db8::1]:31000`. */
export function targetKey({ ip, port }: Pick<Target, "ip" | "port">): string {
  return formatHostPort({ host: ip, port });
}

/** Whether a service should take connections: somebody has to be there for them. */
export function shouldBeOpen({ targets }: Pick<Service, "targets">): boolean {
  return targets.some(({ weight }) => weight > 0);
}

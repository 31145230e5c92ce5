/** Virtual addresses as they are configured. */
import type { HostPort } from "../base/host-port.js";

/** A range of addresses of one family; both ends belong to it. */
export interface AddressSpan {
  readonly first: string;
  readonly last: string;
}

/** Virtual addresses: one name, one address and one port for a service that moves. */
export interface VipSettings {
  /** Whether their names are served. */
  readonly names: boolean;
  /** In seconds. */
  readonly ttl: number;
  readonly ipv4Range: AddressSpan;
  readonly ipv6Range: AddressSpan;
  /** Sorted by name. */
  readonly addresses: readonly PinnedAddress[];
  /** Whether targets that fail count as healthy where no other is left. */
  readonly failOpen: boolean;
  /** How long a name stays that has lost its last target. */
  readonly lingerSeconds: number;
}

/** An address that a name has whatever it leads to. */
export interface PinnedAddress {
  /** Below the zone, such as `redis.marathon`. */
  readonly name: string;
  readonly address: string;
}

export type PlaneSetting = "haproxy" | "nftables" | "none";
export type TableSourceSetting = "servers" | "mesos";

/** How `mesos-dns vips` carries the connections of a node. The server itself reads none of it. */
export interface VipNodeSettings {
  readonly dataPlane: PlaneSetting;
  /** Where the table comes from. */
  readonly source: TableSourceSetting;
  /** The origins of servers, such as `http://192.0.2.53:8123`, in the order in which they are asked; empty for the resolvers of this machine. */
  readonly servers: readonly string[];
  readonly runDir: string;
  /** Connections that HAProxy carries at a time. */
  readonly maxConnections: number;
  /** How long a target that is not wanted any more keeps its connections, in seconds; 0: as long as they last. */
  readonly drainSeconds: number;
  /** Whether targets are tried where the plane itself does not find a dead one. */
  readonly probe: boolean;
  /** Where status and metrics are, as `address:port`. */
  readonly statusListener: HostPort;
}

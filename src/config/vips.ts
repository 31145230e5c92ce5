/** Virtual addresses as they are configured. */

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

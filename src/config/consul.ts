/** Consul's view of the cluster as it is configured. */

/** Which running tasks are instances: all, or those alone whose labels name a service. */
export type ConsulRegister = "all" | "labelled";
/** Where the key-value store is kept. */
export type ConsulKv = "file" | "zookeeper";

/** Consul's names and API: what its clients ask, of the cluster that is served. */
export interface ConsulSettings {
  readonly enabled: boolean;
  /** The zone: lower case, without the final dot. */
  readonly domain: string;
  /** The same names again in another zone, or "". */
  readonly altDomain: string;
  /** One label in lower case. */
  readonly datacenter: string;
  /** The name of this server's node, one label in lower case; "" for the machine's host name. */
  readonly nodeName: string;
  /** The IP address that the API is bound to. */
  readonly httpListener: string;
  readonly httpPort: number;
  readonly register: ConsulRegister;
  /** Tags of every instance. */
  readonly tags: readonly string[];
  /** Of every record, in seconds. */
  readonly ttl: number;
  /** Whether names lead only to instances whose checks all pass. */
  readonly onlyPassing: boolean;
  /** Records of an answer over UDP to a client without EDNS. */
  readonly udpAnswerLimit: number;
  /** Whether such an answer has TC where records were left out. */
  readonly enableTruncate: boolean;
  /** The name of a service of masters and agents, or "" for none. */
  readonly mesosService: string;
  /** Networks (CIDR) whose clients may write. */
  readonly allowWrite: readonly string[];
  /** What writes need beside that, or "". Never log it. */
  readonly token: string;
  readonly kv: ConsulKv;
  readonly kvMaxKeys: number;
  /** Octets of all keys and values. */
  readonly kvMaxBytes: number;
}

/** The part of the configuration that is Consul's. */
export interface ConsulConfig {
  readonly consul: ConsulSettings;
}

/** Consul's zones, if they are served. */
export function consulZones({ enabled, domain, altDomain }: ConsulSettings): readonly string[] {
  return enabled ? [domain, altDomain].filter((zone) => zone !== "") : [];
}

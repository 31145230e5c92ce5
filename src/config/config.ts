/**
 * The effective configuration: one plain frozen object, every key present, every value validated.
 * Key names are Mesos-DNS's own where it has the key, spelled as its documentation spells them.
 */

export type IpSource = "netinfo" | "mesos" | "docker" | "host";
export type HealthPolicy = "ignore";
export type MesosAuthentication = "none" | "basic" | "iam";

/** An upstream resolver or a Mesos master: `host` without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface Config {
  /** `zk://[user:pass@]host:port,…/path` or "" for none. Holds a password: never log it unmasked. */
  readonly zk: string;
  readonly masters: readonly HostPort[];
  readonly mesosAuthentication: MesosAuthentication;
  readonly mesosCredentials: { readonly principal: string; readonly secret: string };
  /** Path of a DC/OS service account file, or "". */
  readonly IAMConfigFile: string;
  readonly mesosHTTPSOn: boolean;
  /** Paths of PEM files, or "". */
  readonly CACertFile: string;
  readonly CertFile: string;
  readonly KeyFile: string;
  /** Seconds between two fetches of the master's state. */
  readonly refreshSeconds: number;
  /** Seconds one fetch of the state may take as a whole. */
  readonly stateTimeoutSeconds: number;
  /** Bytes of (decompressed) state accepted from a master. */
  readonly stateMaxBytes: number;
  /** Seconds after which the last good state is called stale (EDE 3, /readyz 503); 0 = never. */
  readonly stateMaxAgeSeconds: number;
  /** Seconds to wait for the first leader from ZooKeeper; 0 = as long as it takes. */
  readonly zkDetectionTimeout: number;
  /** Seconds, for every record served. */
  readonly ttl: number;
  /** Lower case, without the final dot. */
  readonly domain: string;
  readonly port: number;
  /** Asked for names outside `domain` and `zoneResolvers`; empty where the machine itself names none. */
  readonly resolvers: readonly HostPort[];
  /** Zone (lower case, no final dot) to the resolvers asked for it. */
  readonly zoneResolvers: Readonly<Record<string, readonly HostPort[]>>;
  /** Seconds one resolver may take for one exchange. */
  readonly timeout: number;
  /** IP address the DNS server binds. */
  readonly listener: string;
  readonly httplistener: string;
  readonly httpport: number;
  readonly dnson: boolean;
  readonly httpon: boolean;
  readonly externalon: boolean;
  readonly recurseon: boolean;
  /** Names without the final dot, lower case. */
  readonly SOAMname: string;
  readonly SOARname: string;
  readonly SOARefresh: number;
  readonly SOARetry: number;
  readonly SOAExpire: number;
  readonly SOAMinttl: number;
  readonly srvRecordDefaultWeight: number;
  readonly enforceRFC952: boolean;
  readonly SetTruncateBit: boolean;
  readonly IPSources: readonly IpSource[];
  readonly EnumerationOn: boolean;
  /** What a task's health checks mean for its records: "ignore" serves unhealthy tasks as Mesos-DNS does. */
  readonly healthPolicy: HealthPolicy;
  /** Largest UDP answer in octets, whatever a client offers. */
  readonly maxUdpPayload: number;
}

import type { HostPort } from "../base/host-port.js";

/**
 * The effective configuration: one plain frozen object, every key present, every value validated.
 * Key names are Mesos-DNS's own where it has the key, spelled as its documentation spells them.
 */

export type IpSource = "netinfo" | "mesos" | "docker" | "host";
export type CatalogChoice = "auto" | true;
export type HealthPolicy = "ignore" | "omitUnhealthy";
export type UpdateSource = "stream" | "poll";
export type UdpEngineName = "auto" | "batch" | "dgram";
export type MesosAuthentication = "none" | "basic" | "iam";

/** An upstream resolver, by its address. */
export interface Resolver extends HostPort {
  /** It is asked over TLS and has to show a certificate for this name, "" for its address; without, UDP and TCP. */
  readonly tlsName?: string;
}

export type ForwardPolicyName = "sequential" | "fastest" | "race";

/** Where the masters are, and how the cluster is followed. */
export interface ClusterConfig {
  /** Whether the catalogue of services is kept. */
  readonly catalog: CatalogChoice;
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
  /** Whether the master's events are followed between two fetches. */
  readonly updates: UpdateSource;
  /** Seconds that what a new leader has not heard of is kept; 0 = not at all. */
  readonly failoverGrace: number;
  /** Percent of the records that one state may remove at once; 100 = all. */
  readonly maxShrink: number;
  /** Seconds one fetch of the state may take as a whole. */
  readonly stateTimeoutSeconds: number;
  /** Bytes of (decompressed) state accepted from a master. */
  readonly stateMaxBytes: number;
  /** Seconds to wait for the first leader from ZooKeeper; 0 = as long as it takes. */
  readonly zkDetectionTimeout: number;
}

/** The zones: their names, and what all their records have in common. */
export interface ZoneConfig {
  /** Lower case, without the final dot. */
  readonly domain: string;
  /** Seconds, for every record served. */
  readonly ttl: number;
  /** Names without the final dot, lower case. */
  readonly SOAMname: string;
  readonly SOARname: string;
  readonly SOARefresh: number;
  readonly SOARetry: number;
  readonly SOAExpire: number;
  readonly SOAMinttl: number;
  readonly srvRecordDefaultWeight: number;
  readonly enforceRFC952: boolean;
  readonly IPSources: readonly IpSource[];
  /** What a task's health checks mean for its records: "ignore" publishes unhealthy tasks as Mesos-DNS does. */
  readonly healthPolicy: HealthPolicy;
  /** Whether DC/OS's names, under `thisdcos.directory`, are served beside those of `domain`. */
  readonly dcosNames: boolean;
  /** Answer PTR queries for the cluster's addresses. */
  readonly reverse: boolean;
}

/** How long the last good zone is served, and where it is kept. */
export interface StateConfig {
  /** Folder for the last good zone, or "" for none. */
  readonly stateDir: string;
  /** Seconds after which the last good state is called stale (EDE 3, /readyz 503); 0 = never. */
  readonly stateMaxAgeSeconds: number;
}

/** How queries are answered, and whose. */
export interface AnswerConfig {
  readonly externalon: boolean;
  readonly recurseon: boolean;
  readonly SetTruncateBit: boolean;
  /** Largest UDP answer in octets, whatever a client offers. */
  readonly maxUdpPayload: number;
  /** Text for `version.bind` and `version.server` (class CH); "" refuses them. */
  readonly serverVersion: string;
  /** Text for `id.server` and `hostname.bind` (class CH), and the NSID; "" refuses and leaves it out. */
  readonly serverId: string;
  /** DNS cookies (RFC 7873). */
  readonly cookies: boolean;
  /** 32 hexadecimal digits shared by servers that accept each other's cookies, or "" for a random secret. */
  readonly cookieSecret: string;
  /** A secret whose cookies are still accepted, or "". */
  readonly previousCookieSecret: string;
  /** Networks (CIDR) whose clients are answered. */
  readonly allowQuery: readonly string[];
  /** Networks (CIDR) whose clients' queries are forwarded. */
  readonly allowRecursion: readonly string[];
  readonly rateLimit: RateLimit;
}

/** Who is asked for the names of others. */
export interface ForwardConfig {
  /** Asked for names outside `domain` and `zoneResolvers`; empty where the machine itself names none. */
  readonly resolvers: readonly Resolver[];
  /** Zone (lower case, no final dot) to the resolvers asked for it. */
  readonly zoneResolvers: Readonly<Record<string, readonly Resolver[]>>;
  /** Path of a PEM file of the authorities for resolvers over TLS, or "". */
  readonly resolverCACertFile: string;
  /** Which of several resolvers is asked, and when the next. */
  readonly forwardPolicy: ForwardPolicyName;
  /** Whether resolvers are asked for names in random upper and lower case. */
  readonly mixedCase: boolean;
  /** Seconds that a forwarded query may take in all. */
  readonly timeout: number;
  readonly forwarding: ForwardLimits;
  readonly cache: CacheSettings;
}

/** Where DNS is served. */
export interface SocketConfig {
  readonly dnson: boolean;
  /** IP addresses the DNS server binds; at least one. */
  readonly listener: readonly string[];
  readonly port: number;
  /** Threads that answer over UDP; 0 for one a core, at most four. */
  readonly dnsThreads: number;
  readonly udpEngine: UdpEngineName;
  readonly tcp: TcpSettings;
  /** Paths of PEM files for DNS over TLS and HTTPS, or "" for neither. */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** Port of DNS over TLS, where there is a certificate; 0 for none. */
  readonly tlsPort: number;
}

/** Where HTTP is served, and what of it. */
export interface HttpConfig {
  readonly httpon: boolean;
  readonly httplistener: string;
  readonly httpport: number;
  /** Port of HTTPS, where there is a certificate: DNS over HTTPS and the HTTP API; 0 for none. */
  readonly httpsPort: number;
  readonly EnumerationOn: boolean;
  readonly trustedProxies: readonly string[];
}

/** The whole of it; whoever needs less takes a slice. */
export interface Config
  extends ClusterConfig,
    ZoneConfig,
    StateConfig,
    AnswerConfig,
    ForwardConfig,
    SocketConfig,
    HttpConfig {}

/** Response rate limiting over UDP, by client prefix and kind of response; 0 responses a second is no limit. */
export interface RateLimit {
  readonly answersPerSecond: number;
  readonly negativesPerSecond: number;
  readonly errorsPerSecond: number;
  /** Every so many responses over the limit is sent truncated instead of dropped; 0 drops all. */
  readonly slip: number;
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
}

/** Queries on their way to resolvers and back, at one time. */
export interface ForwardLimits {
  readonly maxQueries: number;
  readonly maxQueriesPerClient: number;
  readonly maxQueriesPerResolver: number;
}

/** Answers of resolvers that are kept. Times are seconds. */
export interface CacheSettings {
  readonly enabled: boolean;
  readonly maxBytes: number;
  /** Bounds of the TTLs that are kept and given out; a TTL of 0 is never kept. */
  readonly minTtl: number;
  readonly maxTtl: number;
  readonly maxNegativeTtl: number;
  /** Whether what is asked often is fetched again shortly before its end. */
  readonly prefetch: boolean;
  /** How long after its end an answer may be given where no resolver has a better one; 0 for never. */
  readonly staleSeconds: number;
  /** Whether `POST /v1/cache/flush` is there. */
  readonly allowFlush: boolean;
}

export interface TcpSettings {
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
  /** Seconds a connection may have nothing to do. */
  readonly idleSeconds: number;
  /** Seconds an unfinished message, or a client that does not read, is waited for. */
  readonly stalledSeconds: number;
}

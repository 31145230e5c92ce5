import type { HostPort } from "../base/host-port.js";
import type { ConsulConfig } from "./consul.js";
import type { CacheSettings, ForwardLimits } from "./forward-settings.js";
import type { HealthCheck } from "./health.js";
import type { LbConfig } from "./lb.js";
import type { QueryLogConfig } from "./query-log.js";
import type { StaticRecord } from "./static-record.js";
import type { VipNodeSettings, VipSettings } from "./vips.js";

/**
 * The effective configuration: one plain frozen object, every key present, every value validated.
 * A key that Mesos-DNS has too has the same name, spelled as in its documentation.
 */

export type IpSource = "netinfo" | "mesos" | "docker" | "host";
export type CatalogChoice = "auto" | boolean;
export type HealthPolicy = "ignore" | "omitUnhealthy";
export type UpdateSource = "stream" | "poll";
export type UdpEngineName = "auto" | "batch" | "dgram";
export type MesosAuthentication = "none" | "basic" | "iam";

/** An upstream resolver, by its address. */
export interface Resolver extends HostPort {
  /** Present for a resolver over TLS: the name in its certificate, or "" for its address. Absent for UDP and TCP. */
  readonly tlsName?: string;
}

export type ForwardPolicyName = "sequential" | "fastest" | "race";

/** The masters, and how to follow the cluster. */
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
  /** Seconds for which records are kept that a new leader has not heard of; 0 = not at all. */
  readonly failoverGrace: number;
  /** Percent of the records that one state may remove at once; 100 = all. */
  readonly maxShrink: number;
  /** Seconds that one fetch of the state may take in total. */
  readonly stateTimeoutSeconds: number;
  /** Size of the largest (decompressed) state that is accepted. */
  readonly stateMaxBytes: number;
  /** Seconds to wait for the first leader from ZooKeeper; 0 = no limit. */
  readonly zkDetectionTimeout: number;
}

/** The zones, their names, and the common fields of their records. */
export interface ZoneConfig extends ConsulConfig {
  /** Lower case, without the final dot. */
  readonly domain: string;
  /** The TTL of every record, in seconds. */
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
  /** How a task's health checks affect its records. "ignore" publishes unhealthy tasks, as Mesos-DNS does. */
  readonly healthPolicy: HealthPolicy;
  /** Whether DC/OS's names, below `thisdcos.directory`, are served beside those of `domain`. */
  readonly dcosNames: boolean;
  /** Whether PTR queries for the cluster's addresses are answered. */
  readonly reverse: boolean;
  /** The zones' name servers. Empty: `SOAMname`, with this server's addresses. */
  readonly nameServers: readonly NameServer[];
  /** Reverse zones that are whole, such as `10.in-addr.arpa`: lower case, without the final dot. None is inside another one. */
  readonly reverseZones: readonly string[];
  /** Zones that have static records alone: lower case, without the final dot. */
  readonly staticZones: readonly string[];
  /** The operator's own records: those of the configuration, and those of `recordsFile`. */
  readonly records: readonly StaticRecord[];
  /** Path of a file with further records, or "". */
  readonly recordsFile: string;
  /** The zone that lists the others for secondaries (RFC 9432), or "". Lower case, without the final dot. */
  readonly catalogZone: string;
  readonly vips: VipSettings & VipNodeSettings;
}

/** A name server of this server's zones. */
export interface NameServer {
  /** Complete, lower case, without the final dot. */
  readonly name: string;
  /** IPv4 and IPv6 addresses: none for a name outside the zones. */
  readonly addresses: readonly string[];
}

/** Who may transfer zones, who is told of changes, and the keys of both. */
export interface TransferConfig {
  readonly allowTransfer: readonly TransferRule[];
  readonly notify: readonly NotifyTarget[];
  /** Address that NOTIFY messages leave from, or "" for the one that this server answers on, or that the route has. */
  readonly notifySource: string;
  /** Hold secrets: never log them. */
  readonly tsigKeys: readonly TsigKeySetting[];
  /** Path of a file with `key` statements, as BIND's tsig-keygen prints them, or "". */
  readonly tsigKeyFile: string;
  readonly maxTransfers: number;
  readonly maxTransfersPerClient: number;
  readonly maxTransferSeconds: number;
  /** Memory for the differences that IXFR gives, of all zones; 0 for none. */
  readonly ixfrJournalBytes: number;
  /** Path of a PEM file with the authorities that sign the certificates of secondaries, or "". */
  readonly transferClientCAFile: string;
}

/** Whose transfers are allowed. It has at least one of the two; if both, both have to hold. */
export interface TransferRule {
  /** In CIDR notation. */
  readonly network?: string;
  /** The name of a key. */
  readonly key?: string;
}

/** A secondary that is told of changes. */
export interface NotifyTarget {
  /** An IPv4 or IPv6 address. */
  readonly address: string;
  readonly port: number;
  /** The name of the key to sign with. */
  readonly key?: string;
  /** The zones to tell of; absent for all. */
  readonly zones?: readonly string[];
  /** Milliseconds between two messages about one zone, at least. */
  readonly minIntervalMs: number;
}

export type TsigAlgorithmName = "hmac-sha1" | "hmac-sha224" | "hmac-sha256" | "hmac-sha384" | "hmac-sha512";

/** A key as it is configured: with one of `secret` and `secretFile`. */
export interface TsigKeySetting {
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly algorithm: TsigAlgorithmName;
  /** Base64. */
  readonly secret?: string;
  /** Path of a file with the secret in Base64. */
  readonly secretFile?: string;
}

/** The checks of what records lead to, and who may overrule them. */
export interface HealthConfig {
  /** Sorted by name. */
  readonly healthChecks: readonly HealthCheck[];
  /** Networks (CIDR) that are checked although they belong to this machine or its links. */
  readonly healthCheckNetworks: readonly string[];
  readonly allowHealthOverride: boolean;
  /** The token that allows it from elsewhere than this machine, or "". Never log it. */
  readonly healthOverrideToken: string;
}

/** How long the last good zone is served, and where it is saved. */
export interface StateConfig {
  /** Folder for the last good zone, or "" for none. */
  readonly stateDir: string;
  /** Seconds after which the last good state is called stale (EDE 3, /readyz 503); 0 = never. */
  readonly stateMaxAgeSeconds: number;
}

/** Which clients are answered, and how. */
export interface AnswerConfig {
  readonly externalon: boolean;
  readonly recurseon: boolean;
  readonly SetTruncateBit: boolean;
  /** The largest UDP response in octets, whatever payload size a client offers. */
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

/** The resolvers for names outside this server's zones, and limits for forwarding. */
export interface ForwardConfig {
  /** The resolvers for names outside `domain` and `zoneResolvers`. Empty if the machine's resolv.conf names none. */
  readonly resolvers: readonly Resolver[];
  /** The resolvers for each zone (lower case, no final dot). */
  readonly zoneResolvers: Readonly<Record<string, readonly Resolver[]>>;
  /** Path of a PEM file with the authorities for resolvers over TLS, or "". */
  readonly resolverCACertFile: string;
  /** Which of several resolvers is asked first, and when the next one. */
  readonly forwardPolicy: ForwardPolicyName;
  /** Whether queries to resolvers have names in random upper and lower case. */
  readonly mixedCase: boolean;
  /** Seconds that a forwarded query may take in total. */
  readonly timeout: number;
  readonly forwarding: ForwardLimits;
  readonly cache: CacheSettings;
}

/** The sockets for DNS. */
export interface SocketConfig {
  readonly dnson: boolean;
  /** IP addresses the DNS server binds; at least one. */
  readonly listener: readonly string[];
  readonly port: number;
  /** Threads that answer over UDP; 0 for one per core, at most four. */
  readonly dnsThreads: number;
  readonly udpEngine: UdpEngineName;
  readonly tcp: TcpSettings;
  /** Paths of PEM files for DNS over TLS and HTTPS, or "" for neither. */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** Port of DNS over TLS, used only with a certificate; 0 for none. */
  readonly tlsPort: number;
}

/** The sockets for HTTP, and what is served there. */
export interface HttpConfig {
  readonly httpon: boolean;
  readonly httplistener: string;
  readonly httpport: number;
  /** Port of HTTPS (DNS over HTTPS and the HTTP API), used only with a certificate; 0 for none. */
  readonly httpsPort: number;
  readonly EnumerationOn: boolean;
  /** Whether the console is served. */
  readonly console: boolean;
  readonly trustedProxies: readonly string[];
}

/** The whole configuration. A consumer that needs only a part of it takes a slice. */
export interface Config
  extends ClusterConfig,
    ZoneConfig,
    StateConfig,
    AnswerConfig,
    ForwardConfig,
    SocketConfig,
    HttpConfig,
    TransferConfig,
    HealthConfig,
    QueryLogConfig,
    LbConfig {}

/** Response rate limiting over UDP, by client prefix and kind of response; 0 responses per second means no limit. */
export interface RateLimit {
  readonly answersPerSecond: number;
  readonly negativesPerSecond: number;
  readonly errorsPerSecond: number;
  /** Of the responses over the limit, every `slip`-th one is sent truncated instead of dropped; 0 drops all. */
  readonly slip: number;
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
}

export interface TcpSettings {
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
  /** Seconds that a connection may be idle. */
  readonly idleSeconds: number;
  /** Seconds to wait for the rest of a message, or for a client that does not read. */
  readonly stalledSeconds: number;
}

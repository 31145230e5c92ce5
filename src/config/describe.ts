import { formatHostPort, formatResolver } from "../base/host-port.js";
import type { Config, Resolver, TsigKeySetting } from "./config.js";
import { HIDDEN } from "./faults.js";
import type { HealthCheck } from "./health.js";
import { maskPassword } from "./names.js";
import type { AddressSpan, VipSettings } from "./vips.js";

/** What the description needs beside the configuration. */
export interface DescribeContext {
  /** Path of the file it was loaded from, or "". */
  readonly file: string;
  /** Serial of the zone that is served. */
  readonly soaSerial: number;
}

/** The response to `GET /v1/config`, with the field names of Mesos-DNS's Go structure. Secrets are masked. */
export function describeConfig(config: Config, { file, soaSerial }: DescribeContext) {
  return {
    RefreshSeconds: config.refreshSeconds,
    Port: config.port,
    Timeout: config.timeout,
    StateTimeoutSeconds: config.stateTimeoutSeconds,
    StateMaxBytes: config.stateMaxBytes,
    StateMaxAgeSeconds: config.stateMaxAgeSeconds,
    ZkDetectionTimeout: config.zkDetectionTimeout,
    HttpPort: config.httpport,
    TTL: config.ttl,
    SOASerial: soaSerial,
    SOARefresh: config.SOARefresh,
    SOARetry: config.SOARetry,
    SOAExpire: config.SOAExpire,
    SOAMinttl: config.SOAMinttl,
    SOAMname: `${config.SOAMname}.`,
    SOARname: `${config.SOARname}.`,
    Masters: config.masters.map((master) => formatHostPort(master)),
    ZoneResolvers: describeZones(config.zoneResolvers),
    Resolvers: describeResolvers(config.resolvers),
    IPSources: config.IPSources,
    Zk: maskPassword(config.zk),
    Domain: config.domain,
    File: file,
    Listener: config.listener.length === 1 ? config.listener[0] : config.listener,
    DnsThreads: config.dnsThreads,
    UdpEngine: config.udpEngine,
    HTTPListener: config.httplistener,
    RecurseOn: config.recurseon,
    DnsOn: config.dnson,
    HttpOn: config.httpon,
    ExternalOn: config.externalon,
    EnforceRFC952: config.enforceRFC952,
    SetTruncateBit: config.SetTruncateBit,
    EnumerationOn: config.EnumerationOn,
    Console: config.console,
    MesosHTTPSOn: config.mesosHTTPSOn,
    CACertFile: config.CACertFile,
    CertFile: config.CertFile,
    KeyFile: config.KeyFile,
    MesosCredentials: {
      Principal: config.mesosCredentials.principal,
      Secret: masked(config.mesosCredentials.secret),
    },
    IAMConfigFile: config.IAMConfigFile,
    MesosAuthentication: config.mesosAuthentication,
    SRVRecordDefaultWeight: config.srvRecordDefaultWeight,
    HealthPolicy: config.healthPolicy,
    DcosNames: config.dcosNames,
    Catalog: config.catalog,
    StateDir: config.stateDir,
    MaxUdpPayload: config.maxUdpPayload,
    Reverse: config.reverse,
    NameServers: config.nameServers,
    ReverseZones: config.reverseZones,
    StaticZones: config.staticZones,
    Records: config.records,
    RecordsFile: config.recordsFile,
    CatalogZone: config.catalogZone,
    ServerVersion: config.serverVersion,
    ServerId: config.serverId,
    Cookies: config.cookies,
    CookieSecret: masked(config.cookieSecret),
    PreviousCookieSecret: masked(config.previousCookieSecret),
    AllowQuery: config.allowQuery,
    AllowRecursion: config.allowRecursion,
    TrustedProxies: config.trustedProxies,
    RateLimit: config.rateLimit,
    Tcp: config.tcp,
    ResolverCACertFile: config.resolverCACertFile,
    ForwardPolicy: config.forwardPolicy,
    MixedCase: config.mixedCase,
    Forwarding: config.forwarding,
    QueryLog: config.queryLog,
    Cache: config.cache,
    Vips: describeVips(config.vips),
    Consul: { ...config.consul, token: masked(config.consul.token) },
    Updates: config.updates,
    FailoverGrace: config.failoverGrace,
    MaxShrink: config.maxShrink,
    TlsCertFile: config.tlsCertFile,
    TlsKeyFile: config.tlsKeyFile,
    TlsPort: config.tlsPort,
    HttpsPort: config.httpsPort,
    AllowTransfer: config.allowTransfer,
    Notify: config.notify,
    NotifySource: config.notifySource,
    TsigKeys: config.tsigKeys.map(describeKey),
    TsigKeyFile: config.tsigKeyFile,
    MaxTransfers: config.maxTransfers,
    MaxTransfersPerClient: config.maxTransfersPerClient,
    MaxTransferSeconds: config.maxTransferSeconds,
    IxfrJournalBytes: config.ixfrJournalBytes,
    TransferClientCAFile: config.transferClientCAFile,
    HealthChecks: Object.fromEntries(config.healthChecks.map(describeCheck)),
    HealthCheckNetworks: config.healthCheckNetworks,
    AllowHealthOverride: config.allowHealthOverride,
    HealthOverrideToken: masked(config.healthOverrideToken),
  };
}

function masked(secret: string): string {
  return secret === "" ? "" : HIDDEN;
}

/** Without what nodes alone read. */
function describeVips({ names, ttl, ipv4Range, ipv6Range, addresses, failOpen, lingerSeconds }: VipSettings) {
  return {
    names,
    ttl,
    ipv4Range: describeSpan(ipv4Range),
    ipv6Range: describeSpan(ipv6Range),
    addresses: Object.fromEntries(addresses.map(({ name, address }) => [name, address])),
    failOpen,
    lingerSeconds,
  };
}

function describeSpan({ first, last }: AddressSpan): string {
  return `${first}-${last}`;
}

/** As it is written, with what it leaves to defaults. */
function describeCheck({ name, ...check }: HealthCheck): readonly [string, unknown] {
  if (check.type === "tcp" || check.type === "calculated") return [name, check];
  const { from, to } = check.status;
  return [name, { ...check, status: from === to ? `${from}` : `${from}-${to}` }];
}

function describeKey({ name, algorithm, secret, secretFile }: TsigKeySetting) {
  return {
    name,
    algorithm,
    ...(secret !== undefined && { secret: masked(secret) }),
    ...(secretFile && { secretFile }),
  };
}

/** As an operator writes them: with a port only if it is not 53. */
function describeResolvers(resolvers: readonly Resolver[]): readonly string[] {
  return resolvers.map((resolver) =>
    resolver.tlsName === undefined ? formatHostPort(resolver, 53) : formatResolver(resolver),
  );
}

function describeZones(zones: Config["zoneResolvers"]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(zones).map(([zone, resolvers]) => [zone, describeResolvers(resolvers)]));
}

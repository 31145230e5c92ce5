/**
 * Every configuration key: meaning, default, format, and whether a change needs a restart. docs/configuration.md repeats
 * this table for operators, and a test compares the two.
 */
import convict from "convict";
import type {
  Config,
  ForwardPolicyName,
  HealthPolicy,
  IpSource,
  MesosAuthentication,
  UdpEngineName,
  UpdateSource,
} from "./config.js";
import { CONSUL_KEYS } from "./consul-keys.js";
import { integer } from "./format.js";
import * as format from "./formats.js";
import { healthChecks } from "./health-checks.js";
import { type KeySpec, live, restart } from "./key-spec.js";
import { LB_GROUPS, LB_KEYS, type LbTable } from "./lb-keys.js";
import * as lists from "./lists.js";
import { QUERY_LOG_KEYS } from "./query-log-keys.js";
import { type GivenRecord, records } from "./static-records.js";
import { MAX_INT32, seconds, ttl } from "./time-formats.js";
import * as transfers from "./transfer-lists.js";
import { VIP_KEYS } from "./vip-keys.js";

/** The values of all keys, read by their formats, before the rules between keys have completed them. */
export type Values = Omit<Config, "zoneResolvers" | "records"> & {
  readonly zoneResolvers: lists.ZoneResolvers;
  readonly records: readonly GivenRecord[];
};

const OUTER_GROUPS = [
  "mesosCredentials",
  "rateLimit",
  "tcp",
  "forwarding",
  "cache",
  "vips",
  "consul",
  "queryLog",
  "lb",
] as const;
type Group = (typeof OUTER_GROUPS)[number];

/** Keys whose value is an object of further keys. Those of one object are all live or all need a restart. */
export const GROUPS: readonly string[] = [...OUTER_GROUPS, ...LB_GROUPS.map((group) => `lb.${group}`)];

type GroupTable<G extends Group> = {
  readonly [K in keyof Values[G] & string as `${G}.${K}`]: KeySpec<Values[G][K]>;
};
type Table = { readonly [K in Exclude<keyof Values, Group>]: KeySpec<Values[K]> } & GroupTable<"mesosCredentials"> &
  GroupTable<"rateLimit"> &
  GroupTable<"tcp"> &
  GroupTable<"forwarding"> &
  GroupTable<"cache"> &
  GroupTable<"vips"> &
  GroupTable<"consul"> &
  GroupTable<"queryLog"> &
  LbTable;

/** The path of a key; keys inside an object have a dot. */
export type KeyPath = keyof Table;

/** Timers of Node.js count milliseconds in 31 bits. */
const MAX_TIMER_SECONDS = 2_147_483;
const MAX_UINT32 = 2 ** 32 - 1;

/** In Mesos-DNS, port 0 means any free port. So 0 is accepted here, and turns the server off. */
const portOf = (server: string) =>
  integer(1, 65_535, {
    below: {
      least: 0,
      value: 0,
      remark: () => `0 would be any free port, which nobody can find: no ${server} is served`,
    },
  });
const optionalPort = integer(0, 65_535);
const perSecond = integer(0, 1_000_000);
const uint32 = integer(0, MAX_UINT32);
const count = integer(1, 100_000);
const timer = integer(1, MAX_TIMER_SECONDS, { above: true });
const queryTimer = integer(1, MAX_TIMER_SECONDS, {
  below: { least: -Infinity, value: 5, remark: (got) => `${got} is taken as the default, 5` },
  above: true,
});
const detectionTimer = integer(0, MAX_TIMER_SECONDS, {
  below: { least: -Infinity, value: 0, remark: (got) => `${got} is taken as 0, for as long as it takes` },
  above: true,
});

const authentication = format.oneOf<MesosAuthentication>(["none", "basic", "iam"], new Map([["", "none"]]));
const ipSources = lists.subsetOf<IpSource>(["netinfo", "mesos", "docker", "host"]);
const forwardPolicy = format.oneOf<ForwardPolicyName>(["sequential", "fastest", "race"]);
const healthPolicy = format.oneOf<HealthPolicy>(["ignore", "omitUnhealthy"]);
const updates = format.oneOf<UpdateSource>(["stream", "poll"]);
const udpEngine = format.oneOf<UdpEngineName>(["auto", "batch", "dgram"]);

/** Loopback, private, shared, link-local and unique local addresses (RFC 6890), so that a default installation is not an open resolver. */
const PRIVATE_NETWORKS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
];

// biome-ignore format: one key a line is a table
export const KEYS: Table = {
  zk: live("", format.zkUrl, "ZooKeeper's URL: where the masters register. With it, they and their leader come from there."),
  masters: live([], lists.masters, "The Mesos masters, in the order of their names `master0`, `master1`, … The port is 5050 unless given. Beside `zk`: what is used when ZooKeeper is silent."),
  mesosAuthentication: live("none", authentication, "How to log in to the masters: not at all, with `mesosCredentials`, or with the service account of `IAMConfigFile`."),
  "mesosCredentials.principal": live("", format.text, "Principal for basic authentication."),
  "mesosCredentials.secret": { ...live("", format.text, "Secret for basic authentication."), sensitive: true },
  IAMConfigFile: live("", format.path, "File of a DC/OS service account."),
  mesosHTTPSOn: live(false, format.boolean, "Ask the masters over HTTPS."),
  CACertFile: live("", format.path, "PEM file of the authorities that sign the masters' certificates. None: those Node.js trusts."),
  CertFile: live("", format.path, "PEM file of the client certificate to show to the masters; needs `KeyFile`."),
  KeyFile: live("", format.path, "PEM file of the key of `CertFile`."),
  refreshSeconds: live(60, timer, "Seconds between two fetches of the state."),
  updates: live("stream", updates, "How changes are learnt of between two fetches: \"stream\", from the master's events, where it has any; \"poll\", not at all."),
  failoverGrace: live(600, integer(0, MAX_TIMER_SECONDS), "Seconds that the records of tasks stay whose agent or framework a new leader has not heard of. 0: not at all."),
  maxShrink: live(50, integer(1, 100), "Percent of all records that a state may remove at once; one that removes more is held until a second fetch, at least 5 s later, confirms it. 100: none is held."),
  stateTimeoutSeconds: live(300, timer, "Seconds that one fetch of the state may take."),
  stateMaxBytes: live(536_870_912, integer(1, MAX_UINT32), "Bytes of state, decompressed, that are accepted from a master."),
  stateMaxAgeSeconds: live(300, integer(0, MAX_TIMER_SECONDS), "Seconds after which the last good state is called stale: `/readyz` answers 503, answers carry the extended error Stale Answer. At least twice `refreshSeconds`. 0: never."),
  zkDetectionTimeout: live(30, detectionTimer, "Seconds to wait for ZooKeeper to name the first leader; then `masters` are asked, where there are any. 0: as long as it takes."),
  ttl: live(60, ttl, "Seconds that clients may keep an answer."),
  domain: live("mesos", format.domain, "The domain of every name served."),
  port: restart(53, portOf("DNS"), "UDP and TCP port of the DNS server."),
  resolvers: live(["8.8.8.8"], lists.resolvers, "Resolvers for names outside `domain`, in order. The port is 53 unless given. `tls://192.0.2.53#dns.example` is asked over TLS, on port 853 unless given, and has to show a certificate for that name. An empty list: the nameservers of /etc/resolv.conf that are not addresses of this machine."),
  zoneResolvers: live({}, lists.zoneResolvers, "Other resolvers for some zones, such as `{\"corp.example\": [\"192.0.2.53\"]}`. Not for `domain` nor for zones inside it."),
  resolverCACertFile: live("", format.path, "PEM file of the authorities that sign the certificates of resolvers asked over TLS. None: those Node.js trusts."),
  forwardPolicy: live("sequential", forwardPolicy, "Which of several resolvers is asked: \"sequential\", the first that is alive; \"fastest\", the one with the smallest measured round-trip time; \"race\", two at a time, and the first answer counts."),
  mixedCase: live(true, format.boolean, "Spell names for resolvers in random upper and lower case, which is more to guess for who forges replies. Resolvers that mind are found and asked in the client's spelling."),
  timeout: live(5, queryTimer, "Seconds that a forwarded query may take in all, whatever resolvers are asked meanwhile."),
  listener: restart("0.0.0.0", lists.listeners, "Address, or list of addresses, that the DNS server listens on."),
  dnsThreads: restart(0, integer(0, 64), "Threads that answer over UDP. 0: one a core, at most 4."),
  udpEngine: restart("auto", udpEngine, "How datagrams are moved: \"batch\", many with one system call, on Linux where koffi is installed; \"dgram\", one by one, as Node.js does, by one thread; \"auto\", the former where it can be."),
  httplistener: restart("0.0.0.0", format.httpListener, "Address that the HTTP server listens on."),
  httpport: restart(8123, portOf("HTTP"), "Port of the HTTP server."),
  dnson: restart(true, format.boolean, "Serve DNS."),
  httpon: restart(true, format.boolean, "Serve HTTP."),
  externalon: live(true, format.boolean, "Forward names outside `domain`; otherwise they are refused."),
  recurseon: live(true, format.boolean, "Say in answers for `domain` that recursion is available."),
  SOAMname: { ...live("", format.nameServer, "Name of the primary name server in the SOA record."), shownDefault: "ns1.<domain>" },
  SOARname: { ...live("", format.mailbox, "Mailbox of the administrator in the SOA record; an `@` becomes a dot."), shownDefault: "root.ns1.<domain>" },
  SOARefresh: live(60, uint32, "Refresh interval in the SOA record, in seconds."),
  SOARetry: live(600, uint32, "Retry interval in the SOA record, in seconds."),
  SOAExpire: live(86_400, uint32, "Expiry in the SOA record, in seconds."),
  SOAMinttl: live(60, uint32, "Seconds that clients may keep a negative answer."),
  srvRecordDefaultWeight: live(1, integer(0, 65_535), "Weight of every SRV record."),
  enforceRFC952: live(false, format.boolean, "Make labels of at most 24 characters that start with a letter (RFC 952)."),
  SetTruncateBit: live(true, format.boolean, "Set TC on answers that were cut to fit, so that clients ask again over TCP."),
  IPSources: live(["netinfo", "mesos", "host"], ipSources, "Where a task's addresses come from: the first source that has any."),
  EnumerationOn: live(true, format.boolean, "Serve `/v1/enumerate` and `/v1/axfr`."),
  console: live(true, format.boolean, "Serve [the console](console.md), a page for browsers at `/`. false: a page of figures alone."),
  healthPolicy: live("ignore", healthPolicy, "What health checks mean for records: with \"omitUnhealthy\", a task whose checks fail is left out of the names that it shares with healthy ones and keeps its own; with \"ignore\", as in Mesos-DNS, it makes no difference."),
  dcosNames: live(false, format.boolean, "Serve the names that DC/OS gives beside `domain`: tasks in `agentip`, `containerip` and `autoip` of `dcos.thisdcos.directory`, and everything in `domain` again in `mesos.thisdcos.directory`. Not where `domain` is in `thisdcos.directory` itself."),
  catalog: live("auto", format.autoOrBoolean, "Keep a catalogue of services: everything that tasks and agents say of themselves, for `/v1/catalog`. \"auto\": off, for now. true: on. false: off, also in later versions. It costs memory, and fetches the whole state anew when it is turned on."),
  stateDir: restart("", format.folder, "Folder where the last good zone is kept, to be served after a restart while no master answers, and the keys of `consul`. Empty: the one that systemd gives (`StateDirectory=`), else none."),
  maxUdpPayload: live(1232, integer(512, 65_535), "Largest UDP answer in octets, whatever a client offers; a datagram holds 65,507. Above 1232, answers may come in fragments, which get lost."),
  reverse: live(true, format.boolean, "Answer PTR queries for the cluster's own addresses."),
  nameServers: live([], transfers.nameServers, "The zones' name servers, in place of the one in `SOAMname`. A name without a dot lies in `domain`. Those in a zone of this server need their addresses. Empty: `SOAMname`, with the addresses of this server."),
  reverseZones: live([], lists.reverseZones, "Reverse zones that are this server's alone: an address that is not the cluster's does not exist there. They can be transferred. Needs `reverse`."),
  staticZones: live([], lists.staticZones, "Zones of your own beside `domain`, for `records`: each has an SOA and NS like the domain's."),
  records: live([], records, "[Records of your own](static-records.md), in `domain` and `staticZones`. They win over what is made from the cluster."),
  recordsFile: live("", format.path, "File of further records: JSON as in `records`, or a master file. Read again on SIGHUP and when it changes; one with a fault leaves the last good records in service."),
  catalogZone: live("", format.zoneName, "Zone that lists the others for secondaries (RFC 9432), such as \"catalog.mesos\"."),
  ...VIP_KEYS,
  ...CONSUL_KEYS,
  ...QUERY_LOG_KEYS,
  ...LB_KEYS,
  serverVersion: live("", format.characterString, "Text that answers `version.bind` and `version.server` in class CH. Empty: they are refused."),
  serverId: live("", format.characterString, "Text that answers `id.server` and `hostname.bind` in class CH, and the NSID of this server. Empty: they are refused, and there is no NSID."),
  cookies: live(true, format.boolean, "Give DNS cookies to clients that ask for them."),
  cookieSecret: { ...live("", format.cookieSecret, "Secret of the cookies, the same on servers that shall accept each other's. Empty: a random one, new at every start."), sensitive: true },
  previousCookieSecret: { ...live("", format.cookieSecret, "The secret before this one, whose cookies are still accepted."), sensitive: true },
  allowQuery: live(["0.0.0.0/0", "::/0"], lists.networks, "Networks whose clients are answered; others are refused."),
  allowRecursion: live(PRIVATE_NETWORKS, lists.networks, "Networks whose clients may ask for names outside `domain`; others are refused those, but for those that never leave."),
  "rateLimit.answersPerSecond": live(0, perSecond, "Positive answers a second over UDP to one client network. 0: no limit."),
  "rateLimit.negativesPerSecond": live(0, perSecond, "Answers a second that a name or type does not exist, over UDP to one client network. 0: no limit."),
  "rateLimit.errorsPerSecond": live(0, perSecond, "Errors and refusals a second over UDP to one client network. 0: no limit."),
  "rateLimit.slip": live(2, integer(0, 10), "Of the answers over a limit, every so many is sent truncated, so that a real client can ask again over TCP. 0: none."),
  "rateLimit.ipv4PrefixLength": live(24, integer(1, 32), "Bits of an IPv4 address that make a client network."),
  "rateLimit.ipv6PrefixLength": live(56, integer(1, 128), "Bits of an IPv6 address that make a client network."),
  "tcp.maxConnections": live(4096, integer(1, 100_000), "TCP and TLS connections at one time, by listener."),
  "tcp.maxConnectionsPerClient": live(256, integer(1, 100_000), "Connections at one time from one address, by listener."),
  "tcp.idleSeconds": live(30, timer, "Seconds that a connection may have nothing to do."),
  "tcp.stalledSeconds": live(10, timer, "Seconds that an unfinished message, or a client that does not read, is waited for."),
  "forwarding.maxQueries": live(8192, count, "Queries of clients that may be on their way to resolvers and back at one time; more are answered with SERVFAIL."),
  "forwarding.maxQueriesPerClient": live(2048, count, "The same for one client's address."),
  "forwarding.maxQueriesPerResolver": live(4096, count, "Queries that one resolver may have to answer at one time; more go to the others."),
  "cache.enabled": live(true, format.boolean, "Keep the answers of resolvers as long as their TTLs say."),
  "cache.maxBytes": live(67_108_864, integer(1_048_576, MAX_UINT32), "Bytes of answers that are kept; what was asked for once goes first."),
  "cache.minTtl": live(0, seconds, "Seconds that an answer is kept at least, unless its TTL is 0."),
  "cache.maxTtl": live(86_400, integer(1, MAX_INT32), "Seconds that an answer is kept at most."),
  "cache.maxNegativeTtl": live(3600, integer(1, MAX_INT32), "Seconds that it is kept at most that a name or type does not exist."),
  "cache.prefetch": live(true, format.boolean, "Fetch what is asked for often again in the last tenth of its time."),
  "cache.staleSeconds": live(86_400, seconds, "Seconds after its end that an answer may be given, with a TTL of 30 and the extended error Stale Answer, where no resolver answers. 0: never."),
  "cache.allowFlush": live(false, format.boolean, "Serve `POST /v1/cache/flush`, which forgets answers."),
  trustedProxies: live([], lists.networks, "Networks of proxies in front of DNS over HTTPS: `Forwarded` and `X-Forwarded-For` from there alone say who asks."),
  tlsCertFile: live("", format.path, "PEM file of the certificate for DNS over TLS and HTTPS; needs `tlsKeyFile`. Empty: neither is served."),
  tlsKeyFile: live("", format.path, "PEM file of the key of `tlsCertFile`."),
  tlsPort: restart(853, optionalPort, "Port of DNS over TLS. 0: not served."),
  httpsPort: restart(0, optionalPort, "Port of HTTPS, for DNS over HTTPS and the HTTP API. 0: not served; `httpport` answers DNS over HTTPS behind a proxy too."),
  allowTransfer: live([], transfers.allowTransfer, "Who may transfer zones: networks, and keys to sign with. Empty: nobody."),
  notify: live([], transfers.notify, "Secondaries that are told of changes. The port is 53 unless given; without `zones` they are told of all zones; `minIntervalMs`, 100 unless given, is the least time between two messages about a zone."),
  notifySource: live("", transfers.notifySource, "Address that these messages leave from. Empty: that of `listener` where it is one, otherwise as the route has it."),
  tsigKeys: { ...live([], transfers.tsigKeys, "Keys that signed messages (TSIG) are made with, each with a secret in Base64, or a file that has one. The algorithm is hmac-sha256 unless given."), sensitive: true },
  tsigKeyFile: live("", format.path, "File of further keys: `key` statements, as BIND's tsig-keygen prints them."),
  maxTransfers: live(8, integer(1, 1000), "Zone transfers at one time; others wait for up to 10 s."),
  maxTransfersPerClient: live(2, integer(1, 1000), "The same for one client's address."),
  maxTransferSeconds: live(300, timer, "Seconds that one transfer may take."),
  ixfrJournalBytes: live(67_108_864, integer(0, MAX_UINT32), "Bytes of changes that are kept, for transfers of what has changed alone (IXFR); the oldest go first. 0: none."),
  transferClientCAFile: live("", format.path, "PEM file of the authorities that sign secondaries' certificates. With it, a transfer over TLS needs such a certificate beside what `allowTransfer` wants."),
  healthChecks: live({}, healthChecks, "Checks of what records lead to, by name: [their members](health-checks.md#a-check)."),
  healthCheckNetworks: live([], lists.networks, "Networks that are checked although they are loopback, link-local or multicast, or where clouds have their metadata."),
  allowHealthOverride: live(false, format.boolean, "Serve `POST /v1/health/<instance>`, which says that a target is up or down whatever its checks say: for this machine, and with `healthOverrideToken` for others."),
  healthOverrideToken: { ...live("", format.token, "Token for that from elsewhere, as `Authorization: Bearer`. Empty: from this machine alone."), sensitive: true },
};

/** All key paths, in the order of the table. */
export const KEY_PATHS = Object.keys(KEYS) as readonly KeyPath[];

/** Keys of Mesos-DNS that have no effect here. They are accepted with a warning, which gives the reason. */
export const DROPPED: ReadonlyMap<string, string> = new Map([["SOASerial", "the serial follows the zone's content"]]);

/** Keys of Mesos-DNS in 2015, in lower case, and the keys that replaced them. */
export const REPLACED: ReadonlyMap<string, string> = new Map([
  ["email", "SOARname"],
  ["ns", "SOAMname"],
  ["mname", "SOAMname"],
]);

/** The environment variable that overrides the key at `path`. */
export function variableOf(path: string): string {
  return `MESOS_DNS_${path.replaceAll(".", "_").toUpperCase()}`;
}

/**
 * Creates a store with the default of every key. Formats read values before they are stored: convict itself would read "53abc" as
 * 53, and cannot store an object whose keys contain dots, as zones do.
 */
export function createStore(): convict.Config<Values> {
  return convict<Values>(convictSchema(), { env: {}, args: [] });
}

interface SchemaTree {
  [name: string]: convict.SchemaObj | SchemaTree;
}

function convictSchema(): convict.Schema<Values> {
  const schema: SchemaTree = {};
  for (const path of KEY_PATHS) {
    const names = path.split(".");
    const last = names.pop() as string;
    const group = names.reduce((tree, name) => {
      tree[name] ??= {};
      return tree[name] as SchemaTree;
    }, schema);
    group[last] = convictKey(path);
  }
  return schema as convict.Schema<Values>;
}

function convictKey(path: KeyPath): convict.SchemaObj {
  const { doc, default: fallback, format: as, sensitive = false } = KEYS[path];
  const fault = (_at: string, _value: unknown, allowed: string) => {
    throw new Error(`the default must be ${allowed}`);
  };
  return {
    doc,
    default: as.read(fallback, { fault, remark: () => undefined }),
    format: "*",
    env: variableOf(path),
    sensitive,
  };
}

/**
 * Every configuration key: meaning, default, format, and whether a change needs a restart. docs/configuration.md repeats
 * this table for operators, and a test compares the two.
 */
import convict from "convict";
import type { Config, HealthPolicy, IpSource, MesosAuthentication } from "./config.js";
import type { Format, ZoneResolvers } from "./formats.js";
import * as format from "./formats.js";

export interface KeySpec<T> {
  /** What the key means, in one sentence for an operator. */
  readonly doc: string;
  /** As an operator would write it in the file. */
  readonly default: unknown;
  readonly format: Format<T>;
  /** Whether a changed value is applied on SIGHUP or needs a restart. */
  readonly reload: "live" | "restart";
  /** Its value is masked wherever a person may read it. */
  readonly sensitive?: true;
  /** Where the default depends on another key: how to show it. */
  readonly shownDefault?: string;
}

/** The values of all keys, read by their formats but not yet completed by the rules between keys. */
export type Values = Omit<Config, "zoneResolvers"> & { readonly zoneResolvers: ZoneResolvers };

const CREDENTIALS = "mesosCredentials";
type Table = { readonly [K in Exclude<keyof Values, typeof CREDENTIALS>]: KeySpec<Values[K]> } & {
  readonly [K in keyof Values["mesosCredentials"] as `${typeof CREDENTIALS}.${K}`]: KeySpec<string>;
};

/** The path of a key; keys inside an object have a dot. */
export type KeyPath = keyof Table;

/** Node's timers count milliseconds in 31 bits. */
const MAX_TIMER_SECONDS = 2_147_483;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_UINT32 = 2 ** 32 - 1;

const port = format.integer(1, 65_535);
const uint32 = format.integer(0, MAX_UINT32);
const timer = format.integer(1, MAX_TIMER_SECONDS);

const authentication = format.oneOf<MesosAuthentication>(["none", "basic", "iam"], new Map([["", "none"]]));
const ipSources = format.subsetOf<IpSource>(["netinfo", "mesos", "docker", "host"]);
const healthPolicy = format.oneOf<HealthPolicy>(["ignore"]);

function live<T>(fallback: unknown, as: Format<T>, doc: string): KeySpec<T> {
  return { doc, default: fallback, format: as, reload: "live" };
}

function restart<T>(fallback: unknown, as: Format<T>, doc: string): KeySpec<T> {
  return { doc, default: fallback, format: as, reload: "restart" };
}

// biome-ignore format: one key a line is a table
export const KEYS: Table = {
  zk: live("", format.zkUrl, "ZooKeeper's URL. Not followed by this version yet: list `masters` as well."),
  masters: live([], format.masters, "The Mesos masters, in the order of their names `master0`, `master1`, … The port is 5050 unless given."),
  mesosAuthentication: live("none", authentication, "How to log in to the masters: not at all, with `mesosCredentials`, or with the service account of `IAMConfigFile`."),
  "mesosCredentials.principal": live("", format.text, "Principal for basic authentication."),
  "mesosCredentials.secret": { ...live("", format.text, "Secret for basic authentication."), sensitive: true },
  IAMConfigFile: live("", format.path, "File of a DC/OS service account."),
  mesosHTTPSOn: live(false, format.boolean, "Ask the masters over HTTPS."),
  CACertFile: live("", format.path, "PEM file of the authorities that sign the masters' certificates. None: those Node.js trusts."),
  CertFile: live("", format.path, "PEM file of the client certificate to show to the masters; needs `KeyFile`."),
  KeyFile: live("", format.path, "PEM file of the key of `CertFile`."),
  refreshSeconds: live(60, timer, "Seconds between two fetches of the state."),
  stateTimeoutSeconds: live(300, timer, "Seconds that one fetch of the state may take."),
  stateMaxBytes: live(536_870_912, format.integer(1, MAX_UINT32), "Bytes of state, decompressed, that are accepted from a master."),
  stateMaxAgeSeconds: live(300, format.integer(0, MAX_TIMER_SECONDS), "Seconds after which the last good state is called stale: `/readyz` answers 503, answers carry the extended error Stale Answer. 0: never."),
  zkDetectionTimeout: live(30, format.integer(0, MAX_TIMER_SECONDS), "Seconds to wait for ZooKeeper to name the first leader. 0: as long as it takes."),
  ttl: live(60, format.integer(0, MAX_INT32), "Seconds that clients may keep an answer."),
  domain: live("mesos", format.domain, "The domain of every name served."),
  port: restart(53, port, "UDP and TCP port of the DNS server."),
  resolvers: live(["8.8.8.8"], format.resolvers, "Resolvers for names outside `domain`, in order. The port is 53 unless given. An empty list: the nameservers of /etc/resolv.conf that are not addresses of this machine."),
  zoneResolvers: live({}, format.zoneResolvers, "Other resolvers for some zones, such as `{\"corp.example\": [\"192.0.2.53\"]}`. Not for `domain` nor for zones inside it."),
  timeout: live(5, timer, "Seconds that one resolver may take for one exchange."),
  listener: restart("0.0.0.0", format.address, "Address that the DNS server listens on."),
  httplistener: restart("0.0.0.0", format.address, "Address that the HTTP server listens on."),
  httpport: restart(8123, port, "Port of the HTTP server."),
  dnson: restart(true, format.boolean, "Serve DNS."),
  httpon: restart(true, format.boolean, "Serve HTTP."),
  externalon: live(true, format.boolean, "Forward names outside `domain`; otherwise they are refused."),
  recurseon: live(true, format.boolean, "Say in answers for `domain` that recursion is available."),
  SOAMname: { ...live("", format.optionalHostname, "Name of the primary name server in the SOA record."), shownDefault: "ns1.<domain>" },
  SOARname: { ...live("", format.optionalMailbox, "Mailbox of the administrator in the SOA record; an `@` becomes a dot."), shownDefault: "root.ns1.<domain>" },
  SOARefresh: live(60, uint32, "Refresh interval in the SOA record, in seconds."),
  SOARetry: live(600, uint32, "Retry interval in the SOA record, in seconds."),
  SOAExpire: live(86_400, uint32, "Expiry in the SOA record, in seconds."),
  SOAMinttl: live(60, uint32, "Seconds that clients may keep a negative answer."),
  srvRecordDefaultWeight: live(1, format.integer(0, 65_535), "Weight of every SRV record."),
  enforceRFC952: live(false, format.boolean, "Make labels of at most 24 characters that start with a letter (RFC 952)."),
  SetTruncateBit: live(true, format.boolean, "Set TC on answers that were cut to fit, so that clients ask again over TCP."),
  IPSources: live(["netinfo", "mesos", "host"], ipSources, "Where a task's addresses come from: the first source that has any."),
  EnumerationOn: live(true, format.boolean, "Serve `/v1/enumerate` and `/v1/axfr`."),
  healthPolicy: live("ignore", healthPolicy, "What health checks mean for records: \"ignore\" serves unhealthy tasks as well."),
  maxUdpPayload: live(1232, format.integer(512, 4096), "Largest UDP answer in octets, whatever a client offers."),
};

/** All key paths, in the order of the table. */
export const KEY_PATHS = Object.keys(KEYS) as readonly KeyPath[];

/** Keys whose value is an object of further keys. */
export const GROUPS: readonly string[] = [CREDENTIALS];

/** Mesos-DNS has these keys too; what they set is decided otherwise here. Accepted with the reason as a warning. */
export const DROPPED: ReadonlyMap<string, string> = new Map([["SOASerial", "the serial follows the zone's content"]]);

/** The environment variable that overrides the key at `path`. */
export function variableOf(path: string): string {
  return `MESOS_DNS_${path.replaceAll(".", "_").toUpperCase()}`;
}

/**
 * A store that knows every key and holds its default. Values are read by their formats before they are put in: convict
 * itself would take "53abc" for 53, and cannot hold an object whose keys contain dots, as zones do.
 */
export function createStore(): convict.Config<Values> {
  return convict<Values>(convictSchema(), { env: {}, args: [] });
}

function convictSchema(): convict.Schema<Values> {
  const schema: Record<string, convict.SchemaObj | Record<string, convict.SchemaObj>> = {};
  for (const path of KEY_PATHS) {
    const [name, inner] = path.split(".") as [string, string?];
    if (inner === undefined) schema[name] = convictKey(path);
    else schema[name] = { ...schema[name], [inner]: convictKey(path) };
  }
  return schema as convict.Schema<Values>;
}

function convictKey(path: KeyPath): convict.SchemaObj {
  const { doc, default: fallback, format: as, sensitive = false } = KEYS[path];
  const refuse = (_at: string, _value: unknown, allowed: string) => {
    throw new Error(`the default must be ${allowed}`);
  };
  return { doc, default: as.read(fallback, refuse), format: "*", env: variableOf(path), sensitive };
}

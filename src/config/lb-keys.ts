/** The keys of `lb`, as the table of all keys has them. */
import { integer, textual } from "./format.js";
import * as format from "./formats.js";
import { type KeySpec, node } from "./key-spec.js";
import type { LbSettings } from "./lb.js";
import * as lb from "./lb-formats.js";

/** The objects in `lb` whose members are keys. */
export const LB_GROUPS = ["vhosts", "ports", "haproxy", "reload", "bamboo", "statsd"] as const;
type LbGroup = (typeof LB_GROUPS)[number];

type KeysOf<Path extends string, T> = { readonly [K in keyof T & string as `${Path}.${K}`]: KeySpec<T[K]> };

/** What is a key of a group becomes one of the table. */
type Merged<T> = (T extends unknown ? (of: T) => void : never) extends (of: infer All) => void ? All : never;

export type LbTable = KeysOf<"lb", Omit<LbSettings, LbGroup>> &
  Merged<{ [G in LbGroup]: KeysOf<`lb.${G}`, LbSettings[G]> }[LbGroup]>;

const MAX_INT32 = 2 ** 31 - 1;
const MAX_PORT = 65_535;
const HOUR = 3_600;
const MINUTE_MS = 60_000;

const seconds = integer(0, MAX_INT32);
const port = integer(0, MAX_PORT);
const prefix = textual("a text of at most 255 characters without spaces and colons", (text) =>
  /^[^\s:|@]{0,255}$/.test(text) ? text : undefined,
);

// biome-ignore format: one key a line is a table
export const LB_KEYS: LbTable = {
  "lb.enabled": node(false, format.boolean, "Let `mesos-dns lb run` carry services. It does so without this key where its arguments name a Marathon."),
  "lb.listen": node("127.0.0.1:8127", lb.bind, "Where the load balancer tells its status and its metrics, and answers what HAProxy forwards to it."),
  "lb.source": node("marathon", lb.source, "Where services come from: \"marathon\", from `lb.marathons`; \"mesos\", from the tasks of all frameworks, at `zk` and `masters`."),
  "lb.marathons": { ...node([], lb.marathons, "The Marathons, each with a `name` and the `urls` of its nodes, which are asked in turn; `user` and `password`, or a `credentialsFile` with `user:password` in it; with `dcos`, that file holds a service account, and without it `DCOS_SERVICE_ACCOUNT_CREDENTIAL` does; `caFile`, a PEM file of the authorities that sign its certificates. Empty: those that the arguments name."), sensitive: true },
  "lb.groups": node([], lb.groups, "Groups (`HAPROXY_GROUP`) whose apps are carried. `*`: all apps, also those without a group. Empty: those without a group."),
  "lb.strict": node(false, format.boolean, "Carry only services whose `HAPROXY_{n}_ENABLED` is true."),
  "lb.healthy": node("required", lb.healthy, "Tasks of apps with health checks that get connections: \"required\", those with a result that is good; \"known\", all but those whose results are bad; \"ignore\", all."),
  "lb.format": node("haproxy", lb.lbFormat, "How HAProxy's configuration is written: \"haproxy\", for versions from 2.6 on; \"marathon-lb\", \"bridge\" (haproxy-marathon-bridge) and \"bamboo\", as those programs write it."),
  "lb.vhosts.map": node("auto", format.autoOrBoolean, "Look hosts up in map files, which change without a reload. \"auto\": where `lb.format` is \"haproxy\"."),
  "lb.vhosts.groupHttps": node(false, format.boolean, "Give each virtual host an HTTPS frontend of its own, with its own certificates and options."),
  "lb.vhosts.http": node("0.0.0.0:80", lb.bindOrFalse, "Where virtual hosts are reached over HTTP."),
  "lb.vhosts.https": node("0.0.0.0:443", lb.bindOrFalse, "Where they are reached over HTTPS; not without `lb.vhosts.certificates`."),
  "lb.vhosts.appId": node("0.0.0.0:9091", lb.bindOrFalse, "Where each app is reached by the header `X-Marathon-App-Id`."),
  "lb.vhosts.stats": node("127.0.0.1:9090", lb.bindOrFalse, "Where HAProxy shows its statistics."),
  "lb.vhosts.certificates": node([], lb.certificates, "PEM files for HTTPS, each with a certificate and its key; or folders of them."),
  "lb.ports.min": node(10_050, port, "First of the service ports that an app on a network of its own gets where it has none."),
  "lb.ports.max": node(10_100, port, "The last of them. Both 0: such apps get none, and are left out."),
  "lb.templatesDir": node("", format.folder, "Folder of templates that take the place of parts of the configuration, a file for each, such as `HAPROXY_HEAD`."),
  "lb.haproxy.binary": node("haproxy", lb.program, "HAProxy's program."),
  "lb.haproxy.configFile": node("", format.path, "File that the configuration is written to. Empty: `haproxy.cfg` in `lb.haproxy.runDir`."),
  "lb.haproxy.runDir": node("/run/mesos-dns-lb", format.runFolder, "Folder of HAProxy's sockets, maps and state."),
  "lb.haproxy.manage": node(true, format.boolean, "Start HAProxy, and start it again when it has ended. Otherwise somebody else does, and `lb.haproxy.reloadCommand` reloads it."),
  "lb.haproxy.reloadCommand": node(["systemctl", "reload", "haproxy"], lb.command, "What reloads a HAProxy that somebody else has started: a program and its arguments, without a shell."),
  "lb.haproxy.validate": node(true, format.boolean, "Have HAProxy check each configuration before it takes the place of the last good one."),
  "lb.haproxy.hardStopAfter": node(HOUR, seconds, "Seconds after a reload when the last connections of the former process are cut. 0: never."),
  "lb.refreshSeconds": node(60, integer(1, HOUR), "Seconds between two full reads of a Marathon, whatever its events have said."),
  "lb.allowTemplates": node("auto", format.autoOrBoolean, "Take templates from the labels of apps under `mesos-dns lb run`: whoever may write a label may then write HAProxy's configuration. \"auto\": where `lb.format` is \"marathon-lb\"."),
  "lb.reload.coalesceMs": node(250, integer(0, MINUTE_MS), "Milliseconds in which changes that need a reload are gathered."),
  "lb.reload.minIntervalSeconds": node(5, integer(0, HOUR), "Seconds from one reload to the next, at least."),
  "lb.drainSeconds": node(30, seconds, "Seconds that a server that is not wanted any more keeps its connections; it gets no new ones."),
  "lb.lingerSeconds": node(60, seconds, "Seconds that the backend of an app that is gone stays, empty, and answers 503."),
  "lb.bamboo.listen": node("127.0.0.1:8000", lb.bindOrFalse, "Where Bamboo's API and page are, with `lb.format` \"bamboo\"."),
  "lb.bamboo.zookeeper": node("", lb.zookeeper, "Ensemble that keeps Bamboo's rules."),
  "lb.bamboo.path": node("/marathon-haproxy/state", lb.znode, "The znode there that has a child for each rule."),
  "lb.bamboo.file": node("", format.path, "File that keeps the rules, in place of ZooKeeper."),
  "lb.bamboo.template": node("", format.path, "Template of the configuration, in Bamboo's language. Empty: a safe one of this program's own."),
  "lb.bamboo.defaultRule": node(false, format.boolean, "Make each app without a rule reachable below its id, as Bamboo does."),
  "lb.bamboo.token": { ...node("", format.token, "Token that rules are changed with, as `Authorization: Bearer`. Empty: none is needed."), sensitive: true },
  "lb.statsd.host": node(false, lb.statsd, "Where counts of reloads are sent, over UDP, in StatsD's form."),
  "lb.statsd.prefix": node("", prefix, "Text before the names of those counts."),
  "lb.legacyEnv": node(false, format.boolean, "Read settings from an app's environment where it has no label for them, as servicerouter.py does."),
};

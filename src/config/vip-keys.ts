/** The keys of `vips`, as the table of all keys has them. */
import { integer } from "./format.js";
import * as format from "./formats.js";
import { type KeySpec, live, node } from "./key-spec.js";
import { seconds, ttl } from "./time-formats.js";
import * as vips from "./vip-formats.js";
import type { VipNodeSettings, VipSettings } from "./vips.js";

type Settings = VipSettings & VipNodeSettings;
type VipTable = { readonly [K in keyof Settings & string as `vips.${K}`]: KeySpec<Settings[K]> };

// biome-ignore format: one key a line is a table
export const VIP_KEYS: VipTable = {
  "vips.names": live(false, format.boolean, "Serve the names of virtual addresses, as DC/OS has them: `redis.marathon.l4lb.thisdcos.directory`, and `/v1/vips`. [More](vips.md)."),
  "vips.ttl": live(5, ttl, "Seconds that clients may keep them."),
  "vips.ipv4Range": live("11.0.0.0-11.255.255.254", vips.ipv4Range, "IPv4 addresses that names get."),
  "vips.ipv6Range": live("fd01:c::-fd01:c::ffff:ffff:ffff:ffff", vips.ipv6Range, "IPv6 addresses that names get."),
  "vips.addresses": live({}, vips.addresses, "Addresses of some names, such as `{\"redis.marathon\": \"11.0.0.10\"}`, which no other gets."),
  "vips.failOpen": live(false, format.boolean, "Where all targets of a virtual address fail their health checks, take them as healthy."),
  "vips.lingerSeconds": live(60, seconds, "Seconds that a virtual address stays without any target."),
  "vips.dataPlane": node("haproxy", vips.dataPlane, "What carries connections on a node: HAProxy, the kernel with nftables, or nothing. [More](vips.md#on-a-node)."),
  "vips.source": node("servers", vips.tableSource, "Where a node has its table from: the servers, or the masters themselves, which bear no more than a few."),
  "vips.servers": node([], vips.servers, "The servers that a node follows, the first one first. Empty: the resolvers of this machine, at `httpport`."),
  "vips.runDir": node("/run/mesos-dns-vips", format.runFolder, "Folder of a node's HAProxy: its configuration and its sockets."),
  "vips.maxConnections": node(20_000, integer(1, 10_000_000), "Connections that HAProxy carries at a time: two open files each, and as many again during a reload."),
  "vips.drainSeconds": node(0, seconds, "Seconds after which a target that is gone has its last connections cut. 0: never."),
  "vips.probe": node(true, format.boolean, "With nftables, try whether targets take connections, and leave out those that do not."),
  "vips.statusListener": node("127.0.0.1:8124", vips.statusListener, "Where a node tells its status and its metrics."),
};

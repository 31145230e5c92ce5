/** The keys of `consul`, as the table of all keys has them. */
import type { ConsulKv, ConsulRegister, ConsulSettings } from "./consul.js";
import { integer, textual } from "./format.js";
import * as format from "./formats.js";
import { type KeySpec, live } from "./key-spec.js";
import * as lists from "./lists.js";
import { readAddress } from "./names.js";

type ConsulTable = { readonly [K in keyof ConsulSettings & string as `consul.${K}`]: KeySpec<ConsulSettings[K]> };

const MAX_INT32 = 2 ** 31 - 1;
const MAX_UINT32 = 2 ** 32 - 1;
/** As in Consul. */
const MAX_UDP_ANSWERS = 8;
const MAX_TEXT = 255;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const label = textual("a label of letters, digits and inner hyphens, such as dc1", (text) => readLabel(text));
const labelOrNone = textual("a label of letters, digits and inner hyphens, or an empty string for none", (text) =>
  text === "" ? "" : readLabel(text),
);
const address = textual("an IPv4 or IPv6 address, such as 127.0.0.1", readAddress);
const altDomain = textual("a domain name, or an empty string for none", (text) =>
  text === "" ? "" : format.readDomainName(text),
);
const register = format.oneOf<ConsulRegister>(["all", "labelled"]);
const kv = format.oneOf<ConsulKv>(["file", "zookeeper"]);
const tags = lists.list({
  entries: "tags",
  entry: `a text of at most ${MAX_TEXT} characters`,
  parse: (text) => (text.trim() !== "" && text.length <= MAX_TEXT ? text.trim() : undefined),
});

function readLabel(text: string): string | undefined {
  const lower = text.toLowerCase();
  return LABEL.test(lower) ? lower : undefined;
}

// biome-ignore format: one key a line is a table
export const CONSUL_KEYS: ConsulTable = {
  "consul.enabled": live(false, format.boolean, "Serve the cluster as Consul serves its services: names in `consul.domain`, and the HTTP API that Consul's clients ask. [More](consul.md). It costs memory, and fetches the whole state anew when it is turned on."),
  "consul.domain": live("consul", format.domain, "The zone of Consul's names. Not inside `domain` nor above it."),
  "consul.altDomain": live("", altDomain, "A second zone with the same names."),
  "consul.datacenter": live("dc1", label, "The name of the datacenter, in names and answers. Another one is not known."),
  "consul.nodeName": live("", labelOrNone, "The name of this server's own node, in lower case. Empty: the machine's host name as a label."),
  "consul.httpListener": live("127.0.0.1", address, "Address that Consul's API listens on."),
  "consul.httpPort": live(8500, integer(1, 65_535), "Port of Consul's API."),
  "consul.register": live("all", register, "Which running tasks are services: \"all\", or those \"labelled\" with `SERVICE_NAME`, `consul` or `overrideTaskName`."),
  "consul.tags": live([], tags, "Tags that every instance has."),
  "consul.ttl": live(0, integer(0, MAX_INT32), "Seconds that clients may keep an answer with one of Consul's names."),
  "consul.onlyPassing": live(false, format.boolean, "Leave instances out of names unless all their checks pass; otherwise those whose check is critical."),
  "consul.udpAnswerLimit": live(3, integer(1, MAX_UDP_ANSWERS), "Records that a client without EDNS, or with a size of 512, gets over UDP."),
  "consul.enableTruncate": live(false, format.boolean, "Set TC on answers over UDP from which records were left out."),
  "consul.mesosService": live("", labelOrNone, "Name of a service of masters and agents, such as \"mesos\", as mesos-consul registers it. Empty: none."),
  "consul.allowWrite": live(["127.0.0.0/8", "::1/128"], lists.networks, "Networks whose clients may write keys, sessions and the like."),
  "consul.token": { ...live("", format.token, "Token that writes need as well. Empty: none."), sensitive: true },
  "consul.kv": live("file", kv, "Where keys are kept: \"file\", in `stateDir`, each server by itself; \"zookeeper\", in the ensemble of `zk`, all servers together. [More](consul-kv.md#keys-in-zookeeper)."),
  "consul.kvMaxKeys": live(10_000, integer(1, 1_000_000), "Keys that are kept; more are refused."),
  "consul.kvMaxBytes": live(67_108_864, integer(1, MAX_UINT32), "Bytes of all keys and values; more are refused."),
};

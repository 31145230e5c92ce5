/** The tables in which a node's virtual addresses stand, and how services are named there. Nothing else is read or changed. */
import { parseAddress } from "../../base/addresses.js";
import type { AddressSpan } from "../../config/vips.js";
import type { ServiceAddress } from "../model.js";
import { FAMILIES, type Family, type Ranges } from "../ranges.js";

export const TABLE = "mesos-dns-vips";

const WORDS: Readonly<Record<Family, Readonly<Record<"address" | "icmp" | "unreachable", string>>>> = {
  ip: { address: "ipv4_addr", icmp: "icmp", unreachable: "icmp port-unreachable" },
  ip6: { address: "ipv6_addr", icmp: "ipv6-icmp", unreachable: "icmpv6 port-unreachable" },
};
const CHAIN = /^(tcp|udp)-([\d.]+|[\da-f_.]+)-(\d{1,5})$/;

/** `tcp-192.0.2.1-80`, `udp-2001_db8__1-53`: a name cannot have colons. */
export function chainOf({ protocol, address, port }: ServiceAddress): string {
  return `${protocol}-${address.replaceAll(":", "_")}-${port}`;
}

/** What `chainOf` was given; `undefined` for any other chain. */
export function serviceOfChain(chain: string): ServiceAddress | undefined {
  const [, protocol, text = "", port] = CHAIN.exec(chain) ?? [];
  const address = parseAddress(text.replaceAll("_", ":"))?.text;
  if (protocol === undefined || address === undefined) return undefined;
  return { protocol: protocol === "udp" ? "udp" : "tcp", address, port: Number(port) };
}

/**
 * Lines for nft that make the tables, and change nothing where they stand already.
 *
 * - `services` leads from address, protocol and port to the service's chain, which chooses a target. Where there is none, or it has no
 *   target, the address is translated to itself, so that nobody else's rules send the connection elsewhere: to a container that
 *   publishes the same port, say. Then it comes to `refuse`.
 * - They come before the rules of others that translate (`dstnat` is -100), and a connection is translated once.
 * - `postrouting` makes answers come back through this node. It is what lets programs of the node itself, and a target of its own service,
 *   connect.
 * - `refuse` lets nobody reach, through a virtual address, what listens on all addresses of the node. Without `ct state new` it would
 *   reject answers to clients on the node, whose own address is the virtual one.
 * - `refuse-own` does the same for programs of the node as soon as they send: later the kernel has noted that the connection is not
 *   translated, and would refuse the next one from the same port as well, for 10 s, whatever the service has got meanwhile.
 */
export function baseScript(ranges: Ranges): string {
  return FAMILIES.map((family) => tableScript(family, ranges[family])).join("");
}

/** Takes the tables away, whether they stand or not. */
export function clearScript(): string {
  return FAMILIES.map((family) => `add table ${family} ${TABLE}\ndelete table ${family} ${TABLE}\n`).join("");
}

function tableScript(family: Family, range: AddressSpan): string {
  const table = `${family} ${TABLE}`;
  const { address, icmp, unreachable } = WORDS[family];
  const virtual = [textOf(range), "@literals"].map((which) => `${family} daddr ${which}`);
  const toDispatch = virtual.map((match) => `${match} jump dispatch`);
  const toService = `${family} daddr . meta l4proto . th dport vmap @services`;
  const toItself = `meta l4proto { tcp, udp } dnat ${family} to ${family} daddr`;
  const masquerade = virtual.map((match) => `ct status dnat ct original ${match} masquerade`);
  const refuse = virtual.flatMap((match) => [
    `ct state new ${match} meta l4proto tcp reject with tcp reset`,
    `ct state new ${match} meta l4proto != ${icmp} reject with ${unreachable}`,
  ]);
  const base: readonly (readonly [chain: string, head: string, rules: readonly string[]])[] = [
    ["dispatch", "", [toService, toItself]],
    ["prerouting", hook("nat", "prerouting", -110), toDispatch],
    ["output", hook("nat", "output", -110), toDispatch],
    ["postrouting", hook("nat", "postrouting", 100), masquerade],
    ["refuse", hook("filter", "input", 0), refuse],
    ["refuse-own", hook("filter", "output", 0), refuse],
  ];
  const lines = [
    `add table ${table}`,
    `add map ${table} services { type ${address} . inet_proto . inet_service : verdict ; }`,
    `add set ${table} literals { type ${address} ; }`,
    ...base.map(([chain, head]) => `add chain ${table} ${chain}${head}`),
    ...base.flatMap(([chain, , rules]) => [
      `flush chain ${table} ${chain}`,
      ...rules.map((rule) => `add rule ${table} ${chain} ${rule}`),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many rules each chain has that `baseScript` makes. */
export const BASE_RULES: Readonly<Record<string, number>> = {
  dispatch: 2,
  prerouting: 2,
  output: 2,
  postrouting: 2,
  refuse: 4,
  "refuse-own": 4,
};

function hook(type: "nat" | "filter", name: string, priority: number): string {
  return ` { type ${type} hook ${name} priority ${priority} ; }`;
}

function textOf({ first, last }: AddressSpan): string {
  return first === last ? first : `${first}-${last}`;
}

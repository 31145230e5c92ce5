import { VIP_ALIASES, VIP_ZONE } from "../config/dcos-zone.js";
import type { ExplainBasis } from "./basis.js";
import { type Finding, finding } from "./finding.js";
import { listed, shown } from "./words.js";

const ZONES = [VIP_ZONE, ...VIP_ALIASES];

export function explainVipName(name: string, { facts }: ExplainBasis): readonly Finding[] {
  const zone = ZONES.find((each) => name.endsWith(`.${each}`));
  const below = zone && name.slice(0, -zone.length - 1);
  const own = below === undefined ? undefined : facts.input.vips?.get(below);
  if (!own) return [];
  const addresses = [own.ipv4, own.ipv6].filter((address) => address !== undefined);
  const text = `${shown(name)} has the virtual ${addresses.length > 1 ? "addresses" : "address"} ${listed(addresses)}, from the labels VIP_… of tasks; /v1/vips tells where connections go.`;
  return [finding("vip", text)];
}

export function explainVipAddress(address: string, { facts }: ExplainBasis): readonly Finding[] {
  const names = Array.from(facts.input.vips ?? []).filter(([, { ipv4, ipv6 }]) => ipv4 === address || ipv6 === address);
  return names.map(([name]) =>
    finding(
      "vip",
      `${address} is the virtual address of ${shown(name)}.${VIP_ZONE}; /v1/vips tells where connections go.`,
    ),
  );
}

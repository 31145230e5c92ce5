/** The formats of the keys of `vips`. */
import { isIP } from "node:net";
import { octetsOf, parseAddress } from "../base/addresses.js";
import type { HostPort } from "../base/host-port.js";
import { isObject } from "../base/lenient.js";
import { type Findings, type Format, parseJsonOrText, textual, within } from "./format.js";
import { oneOf } from "./formats.js";
import { list } from "./lists.js";
import { readAddress, readServerAddress, readZoneName } from "./names.js";
import type { AddressSpan, PinnedAddress, PlaneSetting, TableSourceSetting } from "./vips.js";

/** `11.0.0.0-11.255.255.254`. */
function spanOf(family: 4 | 6, example: string): Format<AddressSpan> {
  return textual(`a range of IPv${family} addresses, the first before the last, such as ${example}`, (text) => {
    const [first, last, ...rest] = text.split("-").map((part) => readAddress(part.trim()));
    if (first === undefined || last === undefined || rest.length > 0) return undefined;
    if (isIP(first) !== family || isIP(last) !== family || !isBefore(first, last)) return undefined;
    return { first, last };
  });
}

function isBefore(first: string, last: string): boolean {
  const [from, to] = [parseAddress(first), parseAddress(last)];
  return from !== undefined && to !== undefined && Buffer.compare(octetsOf(from), octetsOf(to)) < 0;
}

export const ipv4Range = spanOf(4, "11.0.0.0-11.255.255.254");
export const ipv6Range = spanOf(6, "fd01:c::-fd01:c::ffff:ffff:ffff:ffff");

const ADDRESSES = 'an object that gives addresses to names, such as {"redis.marathon": "11.0.0.10"}';

/** Sorted by name, so that equal configurations compare equal. An environment variable contains it as JSON. */
export const addresses: Format<readonly PinnedAddress[]> = {
  allowed: ADDRESSES,
  fromText: parseJsonOrText,
  read(value, findings) {
    if (!isObject(value)) {
      findings.fault("", value, ADDRESSES);
      return undefined;
    }
    const read = new Map<string, string>();
    const entries = Object.entries(value);
    for (const [name, written] of entries) {
      const address = readPinned(name, written, within(`.${name}`, findings));
      if (address === undefined) continue;
      if ([...read.values()].includes(address)) findings.fault(`.${name}`, written, "each address once");
      else read.set(name, address);
    }
    if (read.size < entries.length) return undefined;
    return Array.from(read, ([name, address]) => ({ name, address })).sort((a, b) => (a.name < b.name ? -1 : 1));
  },
};

function readPinned(name: string, written: unknown, findings: Findings): string | undefined {
  const address = typeof written === "string" ? parseAddress(readAddress(written) ?? "")?.text : undefined;
  if (readZoneName(name) !== name || !name.includes("."))
    findings.fault(
      "",
      name,
      "the name that /v1/vips shows, without its zone: label and framework, as in redis.marathon",
    );
  else if (address === undefined) findings.fault("", written, "an IPv4 or IPv6 address");
  else return address;
  return undefined;
}

export const dataPlane = oneOf<PlaneSetting>(["haproxy", "nftables", "none"]);
export const tableSource = oneOf<TableSourceSetting>(["servers", "mesos"]);

/** `http://192.0.2.53:8123`, without a path. */
function readOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search + url.hash === "";
  return isPlain && url.username + url.password === "" ? url.origin : undefined;
}

export const servers: Format<readonly string[]> = list({
  entries: "servers, each such as http://192.0.2.53:8123",
  entry: "the scheme, host and port of a server, such as http://192.0.2.53:8123",
  parse: readOrigin,
});

/** If the text has none. */
const STATUS_PORT = 8_124;

export const statusListener: Format<HostPort> = textual("an address and a port, such as 127.0.0.1:8124", (text) =>
  readServerAddress(text, STATUS_PORT),
);

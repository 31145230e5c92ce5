/** The formats of the keys for zone transfers. */
import type { NameServer, NotifyTarget, TransferRule, TsigKeySetting } from "./config.js";
import { type Findings, type Format, integer, textual } from "./format.js";
import * as lists from "./lists.js";
import { entriesOf, readMembers } from "./members.js";
import { readAddress, readHostname, readKeyName, readNetwork, readServerAddress } from "./names.js";
import { ALGORITHMS, readAlgorithm, readSecret, weaknessesOf } from "./tsig-secret.js";

const DNS_PORT = 53;
/** Secondaries are told of changes no oftener than this, in milliseconds: some cannot keep up with more. */
const MIN_INTERVAL_MS = 100;
const KEY_PREFIX = "key:";

const network = textual("a network such as 192.0.2.0/24 or 2001:db8::/32", readNetwork);
const keyName = textual("the name of a key", readKeyName);
const filePath = textual("the path of a file", (text) => (text === "" ? undefined : text));

export const allowTransfer: Format<readonly TransferRule[]> = entriesOf<TransferRule>({
  entries: 'networks, keys as "key:NAME", or {"network": …, "key": NAME}, of which both have to hold',
  entry: 'a network such as 192.0.2.0/24, a key such as "key:ns1.example", or {"network": …, "key": …}',
  text: (text) => {
    const key = text.startsWith(KEY_PREFIX) ? readKeyName(text.slice(KEY_PREFIX.length)) : undefined;
    const from = readNetwork(text);
    return key !== undefined ? { key } : from === undefined ? undefined : { network: from };
  },
  object: (value, findings) => {
    const rule = readMembers<TransferRule>(value, { network, key: keyName }, findings);
    if (rule && rule.network === undefined && rule.key === undefined)
      return lacks(value, findings, "network, key or both");
    return rule;
  },
  identity: ({ network: from = "", key = "" }) => `${from} ${key}`,
  once: "each rule once",
});

const notifyMembers = {
  address: textual("an IPv4 or IPv6 address; its port goes into port", readAddress),
  port: integer(1, 65_535),
  key: keyName,
  zones: lists.zoneNames,
  minIntervalMs: integer(0, 60_000),
} as const;

export const notify: Format<readonly NotifyTarget[]> = entriesOf<NotifyTarget>({
  entries: 'secondaries, each an IP address, address:port, or {"address", "port", "key", "zones", "minIntervalMs"}',
  entry: 'an IP address, ip:port or [ipv6]:port, or {"address": …}; there is nobody to ask for a name',
  text: (text) => {
    const server = readServerAddress(text, DNS_PORT);
    return server && { address: server.host, port: server.port, minIntervalMs: MIN_INTERVAL_MS };
  },
  object: (value, findings) => {
    const target = readMembers<NotifyTarget>(value, notifyMembers, findings);
    if (!target) return undefined;
    const { address: at, port = DNS_PORT, minIntervalMs = MIN_INTERVAL_MS } = target;
    return at === undefined ? lacks(value, findings, "an address") : { ...target, address: at, port, minIntervalMs };
  },
  identity: ({ address: at, port }) => `${at} ${port}`,
  once: "each address and port once",
});

export const notifySource: Format<string> = textual("an IPv4 or IPv6 address, or an empty string for none", (text) =>
  text === "" ? "" : readAddress(text),
);

const ALGORITHM = ALGORITHMS.map((name) => `"${name}"`).join(", ");

const keyMembers = {
  name: keyName,
  algorithm: textual(`one of ${ALGORITHM}`, readAlgorithm),
  secret: textual("Base64, as tsig-keygen prints it", (text) =>
    readSecret(text) ? text.replace(/\s/g, "") : undefined,
  ),
  secretFile: filePath,
} as const;

export const tsigKeys: Format<readonly TsigKeySetting[]> = entriesOf<TsigKeySetting>({
  entries: 'keys, each {"name", "algorithm", "secret"}, or with "secretFile" in place of "secret"',
  entry: '{"name": …, "algorithm": "hmac-sha256", "secret": …}',
  text: () => undefined,
  object: (value, findings) => {
    const key = readMembers<TsigKeySetting>(value, keyMembers, findings);
    if (!key) return undefined;
    const { name, algorithm = "hmac-sha256", secret, secretFile } = key;
    if (name === undefined) return lacks(value, findings, "a name");
    if ((secret === undefined) === (secretFile === undefined))
      return lacks(value, findings, `either secret or secretFile for ${name}`);
    const octets = secret === undefined ? undefined : readSecret(secret);
    for (const weakness of weaknessesOf(algorithm, octets)) findings.remark("", `${name} ${weakness}`);
    return { ...key, name, algorithm };
  },
  identity: ({ name }) => name,
  once: "each name once",
});

export const nameServers: Format<readonly NameServer[]> = entriesOf<NameServer>({
  entries: 'host names, or {"name": …, "addresses": […]} for those in a zone of this server',
  entry: 'a host name such as "ns1.example.com", or {"name": "ns1", "addresses": ["192.0.2.53"]}',
  text: (text) => {
    const name = readHostname(text);
    return name === undefined ? undefined : { name, addresses: [] };
  },
  object: (value, findings) => {
    const members = { name: textual("a host name", readHostname), addresses: lists.addresses };
    const server = readMembers<NameServer>(value, members, findings);
    if (!server) return undefined;
    const { name, addresses = [] } = server;
    return name === undefined ? lacks(value, findings, "a name") : { name, addresses };
  },
  identity: ({ name }) => name,
  once: "each name once",
});

/** Reports that something is missing. */
function lacks(value: unknown, { fault }: Findings, what: string): undefined {
  fault("", value, what);
  return undefined;
}

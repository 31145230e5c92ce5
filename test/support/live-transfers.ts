import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dig } from "./digs.js";
import { at } from "./live-asks.js";
import type { Change } from "./live-change.js";
import { folder, server } from "./live-server.js";

const SECRET = Buffer.alloc(32, 7).toString("base64");
const KEY = { name: "ns2.example", secret: SECRET };

/** A file that has one key. */
function keyFile(): string {
  const path = join(folder, "keys");
  writeFileSync(path, `key "ns3.example" { algorithm hmac-sha512; secret "${SECRET}"; };\n`, { mode: 0o600 });
  return path;
}

const RECORD = { name: "own", type: "A", value: "192.0.2.80" };

/** A file that has one record. */
function recordsFile(): string {
  const path = join(folder, "records");
  writeFileSync(path, JSON.stringify([{ name: "file", type: "A", value: "192.0.2.81" }]));
  return path;
}

/** Whether the configuration in effect has this value, under Mesos-DNS's spelling of the key. */
const shows = (field: string, value: unknown) => async () => {
  const config = (await (await server.fetch("/v1/config")).json()) as Readonly<Record<string, unknown>>;
  return JSON.stringify(config[field]) === JSON.stringify(value);
};

/** Whether a query that is signed with this key, as dig takes it, gets a signed answer. */
const isSigned = (key: string) => async () =>
  / NOERROR 0/.test((await dig(at(), "-y", key, "web.marathon.mesos")).text);

const number = (key: string, field: string, value: number) => () => ({
  to: { [key]: value },
  isSeen: shows(field, value),
});

/** Keys for zone transfers. Those whose effect only a transfer would show are seen in the configuration in effect. */
export const TRANSFER_CHANGES: Readonly<Record<string, () => Change>> = {
  nameServers: () => ({
    to: { nameServers: ["ns1.example.com"] },
    isSeen: shows("NameServers", [{ name: "ns1.example.com", addresses: [] }]),
  }),
  reverseZones: () => ({ to: { reverseZones: ["10.0.0.0/8"] }, isSeen: shows("ReverseZones", ["10.in-addr.arpa"]) }),
  staticZones: () => ({ to: { staticZones: ["edge.example"] }, isSeen: shows("StaticZones", ["edge.example"]) }),
  records: () => ({
    to: { records: [RECORD] },
    isSeen: async () => (await dig(at(), "own.mesos")).text.includes("192.0.2.80"),
  }),
  recordsFile: () => ({
    to: { recordsFile: recordsFile() },
    isSeen: async () => (await dig(at(), "file.mesos")).text.includes("192.0.2.81"),
  }),
  catalogZone: () => ({ to: { catalogZone: "catalog.mesos" }, isSeen: shows("CatalogZone", "catalog.mesos") }),
  allowTransfer: () => ({
    to: { allowTransfer: ["10.0.0.0/8"] },
    isSeen: shows("AllowTransfer", [{ network: "10.0.0.0/8" }]),
  }),
  notify: () => ({
    to: { notify: ["127.0.0.1:1"] },
    isSeen: shows("Notify", [{ address: "127.0.0.1", port: 1, minIntervalMs: 100 }]),
  }),
  notifySource: () => ({ to: { notifySource: "127.0.0.1" }, isSeen: shows("NotifySource", "127.0.0.1") }),
  tsigKeys: () => ({ to: { tsigKeys: [KEY] }, isSeen: isSigned(`hmac-sha256:${KEY.name}:${SECRET}`) }),
  tsigKeyFile: () => ({ to: { tsigKeyFile: keyFile() }, isSeen: isSigned(`hmac-sha512:ns3.example:${SECRET}`) }),
  maxTransfers: number("maxTransfers", "MaxTransfers", 3),
  maxTransfersPerClient: number("maxTransfersPerClient", "MaxTransfersPerClient", 3),
  maxTransferSeconds: number("maxTransferSeconds", "MaxTransferSeconds", 30),
  ixfrJournalBytes: number("ixfrJournalBytes", "IxfrJournalBytes", 1_000_000),
  transferClientCAFile: () => ({
    to: { transferClientCAFile: join(folder, "cert") },
    isSeen: shows("TransferClientCAFile", join(folder, "cert")),
  }),
};

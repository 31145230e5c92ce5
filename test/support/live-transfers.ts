import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { askTcp, framed, messagesOf } from "./ask.js";
import { dig } from "./digs.js";
import { decode, encodeQuery } from "./dns.js";
import { answersOf, at, CERT } from "./live-asks.js";
import type { Change } from "./live-change.js";
import { base, folder, server } from "./live-server.js";

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

const TRANSFERS = { allowTransfer: ["127.0.0.0/8"] };
const AXFR = { type: "AXFR" } as const;

/** Whether a zone is transferred. */
const isTransferred = (zone: string) => async () => (await askTcp(at(), zone, AXFR)).rcode === "NOERROR";

/** Whether a client over TLS without a certificate is refused a transfer. */
async function isRefusedOverTls(): Promise<boolean> {
  const port = base.tlsPort as number;
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["dot"] });
  try {
    await once(socket, "secureConnect");
    socket.write(framed(encodeQuery("mesos", AXFR)));
    const { value } = await messagesOf(socket).next();
    return value !== undefined && decode(value).rcode === "REFUSED";
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A secondary that answers nothing, and what it has been told. */
function listener(port: number): () => boolean {
  const socket = createSocket("udp4").bind(port, "127.0.0.1").unref();
  let isTold = false;
  socket.on("message", () => {
    isTold = true;
    socket.close();
  });
  return () => isTold;
}

/** The port of the secondary that is told. */
const NOTIFIED = 20_000 + (process.pid % 10_000);

/** Keys for zone transfers. Limits, and where messages leave from, are seen in the configuration in effect. */
export const TRANSFER_CHANGES: Readonly<Record<string, () => Change>> = {
  nameServers: () => ({
    to: { nameServers: ["ns1.example.com"] },
    isSeen: async () => (await answersOf("mesos", { type: "NS" })).some((line) => line.endsWith("NS ns1.example.com")),
  }),
  staticZones: () => ({
    to: { staticZones: ["edge.example"] },
    isSeen: async () => (await answersOf("edge.example", { type: "SOA" })).some((line) => line.includes(" SOA ")),
  }),
  records: () => ({
    to: { records: [RECORD] },
    isSeen: async () => (await dig(at(), "own.mesos")).text.includes("192.0.2.80"),
  }),
  recordsFile: () => ({
    to: { recordsFile: recordsFile() },
    isSeen: async () => (await dig(at(), "file.mesos")).text.includes("192.0.2.81"),
  }),
  reverseZones: () => ({
    given: TRANSFERS,
    to: { reverseZones: ["10.0.0.0/8"] },
    isSeen: isTransferred("10.in-addr.arpa"),
  }),
  catalogZone: () => ({
    given: TRANSFERS,
    to: { catalogZone: "catalog.mesos" },
    isSeen: isTransferred("catalog.mesos"),
  }),
  allowTransfer: () => ({ to: TRANSFERS, isSeen: isTransferred("mesos") }),
  notify: () => {
    const isTold = listener(NOTIFIED);
    return { to: { notify: [`127.0.0.1:${NOTIFIED}`] }, isSeen: async () => isTold() };
  },
  notifySource: () => ({ to: { notifySource: "127.0.0.1" }, isSeen: shows("NotifySource", "127.0.0.1") }),
  tsigKeys: () => ({ to: { tsigKeys: [KEY] }, isSeen: isSigned(`hmac-sha256:${KEY.name}:${SECRET}`) }),
  tsigKeyFile: () => ({ to: { tsigKeyFile: keyFile() }, isSeen: isSigned(`hmac-sha512:ns3.example:${SECRET}`) }),
  maxTransfers: number("maxTransfers", "MaxTransfers", 3),
  maxTransfersPerClient: number("maxTransfersPerClient", "MaxTransfersPerClient", 3),
  maxTransferSeconds: number("maxTransferSeconds", "MaxTransferSeconds", 30),
  ixfrJournalBytes: number("ixfrJournalBytes", "IxfrJournalBytes", 1_000_000),
  transferClientCAFile: () => ({
    given: { ...CERT(), ...TRANSFERS },
    to: { transferClientCAFile: join(folder, "cert") },
    isSeen: isRefusedOverTls,
  }),
};

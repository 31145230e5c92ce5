import packet, { type DecodedPacket, type Packet } from "dns-packet";

/** Decoded by dns-packet: a reader that shares nothing with the server's writer. */
export type Message = DecodedPacket & { rcode: string };

export interface Ask {
  readonly type?: string | number;
  readonly class?: "IN" | "CH" | "HS" | "ANY";
  /** Offered UDP payload; an OPT record is added when given. */
  readonly edns?: number;
  /** Sets DO in it. */
  readonly dnssecOk?: boolean;
  readonly id?: number;
  readonly rd?: boolean;
}

const RD = 0x0100;
const DO = 0x8000;

export function encodeQuery(
  name: string,
  { type = "A", class: klass = "IN", edns, dnssecOk = false, id = 0x1234, rd = true }: Ask = {},
): Buffer {
  const opt = { type: "OPT", name: ".", udpPayloadSize: edns ?? 0, flags: dnssecOk ? DO : 0, options: [] };
  return packet.encode({
    type: "query",
    id,
    flags: rd ? RD : 0,
    questions: [{ name, type: type as "A", class: klass as "IN" }],
    additionals: edns === undefined ? [] : ([opt] as unknown as NonNullable<Packet["additionals"]>),
  });
}

/** A query for IXFR of a client that has the version with this serial, and names neither its mname nor anything else. */
export function encodeIxfr(zone: string, serial: number): Buffer {
  const soa = { mname: ".", rname: ".", serial, refresh: 0, retry: 0, expire: 0, minimum: 0 };
  return packet.encode({
    type: "query",
    id: 7,
    questions: [{ name: zone, type: "IXFR" as "AXFR", class: "IN" }],
    authorities: [{ name: zone, type: "SOA", ttl: 0, data: soa }],
  } as Packet);
}

export function decode(message: Uint8Array): Message {
  return packet.decode(Buffer.from(message)) as Message;
}

/** Records as lines: `name TTL TYPE value`, without the OPT. */
export function lines(records: Message["answers"] = []): string[] {
  return records.filter((record) => record.type !== "OPT").map((record) => lineOf(record as unknown as AnyRecord));
}

export function optOf(
  message: Message,
): { udpPayloadSize: number; options: { code: number; data: Buffer }[] } | undefined {
  const found = message.additionals?.find((record) => record.type === "OPT");
  return found as unknown as ReturnType<typeof optOf>;
}

/** Info codes of the extended errors in a message (RFC 8914). */
export function extendedErrors(message: Message): number[] {
  return (optOf(message)?.options ?? []).filter(({ code }) => code === 15).map(({ data }) => data.readUInt16BE(0));
}

interface AnyRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly data: unknown;
}

function lineOf({ name, type, ttl, data }: AnyRecord): string {
  return `${name} ${ttl} ${type} ${rdataText(type, data)}`;
}

function rdataText(type: string, data: unknown): string {
  const value = data as Record<string, unknown>;
  if (type === "SRV") return `${value.priority} ${value.weight} ${value.port} ${value.target}`;
  if (type === "SOA") {
    const { mname, rname, serial, refresh, retry, expire, minimum } = value;
    return [mname, rname, serial, refresh, retry, expire, minimum].join(" ");
  }
  return String(data);
}

import { Packet, TCPClient, UDPClient } from "dns2";
import { type At, askTcp, askUdp } from "./ask.js";
import { dig, kdig } from "./digs.js";
import { lines, type Message } from "./dns.js";

/** An answer, whoever has read it: records as lines `name TTL TYPE value`, without the OPT. */
export interface Reading {
  readonly rcode: string;
  readonly aa: boolean;
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  readonly additionals: readonly string[];
}

export type Read = (at: At, name: string, type: string) => Promise<Reading>;

/** Every client here, each reading by itself what the server wrote. */
export const READERS: readonly (readonly [name: string, read: Read])[] = [
  ["dig", async (at, name, type) => fromDug(await dig(at, name, type))],
  ["dig over TCP", async (at, name, type) => fromDug(await dig(at, name, type, "+tcp"))],
  ["kdig", async (at, name, type) => fromDug(await kdig(at, name, type, "+edns"))],
  ["kdig over TCP", async (at, name, type) => fromDug(await kdig(at, name, type, "+tcp"))],
  ["dns2", async ({ host, port }, name, type) => fromDns2(await UDPClient({ dns: host, port })(name, type))],
  ["dns2 over TCP", async ({ host, port }, name, type) => fromDns2(await TCPClient({ dns: host, port })(name, type))],
  ["dns-packet", async (at, name, type) => fromMessage(await askBoth(at, name, type))],
  ["dns-packet over TCP", async (at, name, type) => fromMessage(await askTcp(at, name, { type }))],
];

/** Over TCP what does not fit into a datagram, as the other clients do by themselves. */
async function askBoth(at: At, name: string, type: string): Promise<Message> {
  const message = await askUdp(at, name, { type, edns: 1232 });
  return message.flag_tc ? askTcp(at, name, { type }) : message;
}

function fromDug({ status, flags, answer, authority, additional }: Awaited<ReturnType<typeof dig>>): Reading {
  return reading(status, flags.includes("aa"), answer, authority, additional);
}

function fromMessage({ rcode, flag_aa: aa, answers, authorities, additionals }: Message): Reading {
  return reading(rcode, aa, lines(answers), lines(authorities), lines(additionals));
}

function fromDns2({ header, answers, authorities, additionals, errors }: Packet): Reading {
  if (errors.length > 0) throw new Error(`dns2 cannot read the answer: ${errors.map(String).join("; ")}`);
  const rcode = Object.entries(Packet.RCODE).find(([, code]) => code === header.rcode)?.[0] ?? String(header.rcode);
  const texts = (records: Packet["answers"]) =>
    records.filter(({ type }) => type !== Packet.TYPE.EDNS).map((record) => dns2Line(record));
  return reading(rcode, header.aa === 1, texts(answers), texts(authorities), texts(additionals));
}

function dns2Line({ name, ttl, type, ...data }: Packet["answers"][number]): string {
  const fields: Readonly<Record<string, unknown>> = data;
  const order = ["address", "ns", "primary", "admin", "serial", "refresh", "retry", "expiration", "minimum"];
  const service = ["priority", "weight", "port", "target"];
  const values = [...order, ...service].map((field) => fields[field]).filter((value) => value !== undefined);
  return [name, ttl, Packet.TYPE_NAME[type], ...values].join(" ");
}

/** Records of a set come in any order: they are sorted here. */
function reading(
  rcode: string,
  aa: boolean,
  answers: readonly string[],
  authorities: readonly string[],
  additionals: readonly string[],
): Reading {
  const [a, b, c] = [answers, authorities, additionals].map((records) => [...records].sort());
  return { rcode, aa, answers: a, authorities: b, additionals: c };
}

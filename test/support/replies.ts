import { decode, lines, type Message } from "./dns.js";

/** What servers must agree on: not the order of records, nor glue, nor the serial that each zone has. */
export interface Reply {
  readonly rcode: number;
  readonly flags: string;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
}

const REPLY_FLAGS = { aa: 0x0400, tc: 0x0200, rd: 0x0100 } as const;

export function replyOf(octets: Buffer): Reply {
  const message = decode(octets);
  const opt = message.additionals?.find(({ type }) => type === "OPT") as { extendedRcode?: number } | undefined;
  const flags = Object.entries(REPLY_FLAGS).filter(([, bit]) => (octets.readUInt16BE(2) & bit) !== 0);
  return {
    rcode: (octets[3] & 0x0f) | ((opt?.extendedRcode ?? 0) << 4),
    flags: [...flags.map(([name]) => name), ...(opt ? ["edns"] : [])].join(" "),
    answer: comparable(message.answers),
    authority: comparable(message.authorities),
  };
}

function comparable(records: Message["answers"]): string[] {
  const texts = lines(records).map((line) => line.toLowerCase().replace(/( soa \S+ \S+) \d+/, "$1 *"));
  return texts.sort();
}

import type { Message, MessageOpt, MessageRecord } from "../wire/message.js";
import { toMasterFileName } from "../wire/names.js";
import { readUint16 } from "../wire/octets.js";
import { EDE, RCODE, rcodeName, typeName } from "../wire/protocol.js";
import { rdataText } from "../zone/rdata-text.js";

/** Option codes: RFC 5001, 7873, 8914. */
const NSID = 3;
const COOKIE = 10;
const EXTENDED_ERROR = 15;

/** A message in the form that dig gives it. */
export function messageLines(message: Message): readonly string[] {
  const { rcode, flags, questions, answers, authorities, additionals, opt } = message;
  return [
    `;; ${rcodeName(rcode) ?? `RCODE${rcode}`}; flags: ${flags.join(" ")}${opt ? `; EDNS: ${opt.payload} octets${opt.dnssecOk ? ", DO" : ""}` : ""}`,
    ...(opt ? opt.options.map(optionLine) : []),
    ...questions.map(({ name, type }) => `;${toMasterFileName(name, 0)} ${typeName(type)}`),
    ...section("answer", answers),
    ...section("authority", authorities),
    ...section("additional", additionals),
  ];
}

/** The data of the answers alone. */
export function shortLines({ answers, rcode }: Message): readonly string[] {
  const lines = answers.map(({ type, rdata }) => rdataText(type, rdata));
  return lines.length > 0 || rcode === RCODE.NOERROR ? lines : [`; ${rcodeName(rcode) ?? `RCODE${rcode}`}`];
}

function section(name: string, records: readonly MessageRecord[]): readonly string[] {
  return records.length === 0 ? [] : [`;; ${name}:`, ...records.map(recordLine)];
}

export function recordLine({ owner, type, ttl, rdata }: MessageRecord): string {
  return `${toMasterFileName(owner, 0)} ${ttl} IN ${typeName(type)} ${rdataText(type, rdata)}`;
}

function optionLine({ code, data }: MessageOpt["options"][number]): string {
  if (code === EXTENDED_ERROR && data.length >= 2) {
    const info = readUint16(data, 0);
    const name = Object.entries(EDE).find(([, number]) => number === info)?.[0];
    const text = Buffer.from(data.subarray(2)).toString("utf8");
    return `;; extended error ${info}${name ? ` (${name.toLowerCase().replaceAll("_", " ")})` : ""}${text && `: ${text}`}`;
  }
  if (code === NSID) return `;; NSID ${Buffer.from(data).toString("utf8")}`;
  return code === COOKIE
    ? `;; cookie ${Buffer.from(data).toString("hex")}`
    : `;; option ${code}: ${Buffer.from(data).toString("hex")}`;
}

import { formatOctets } from "../base/addresses.js";
import { LOG_TYPES } from "../config/query-log.js";
import { TRANSPORTS, ZONES } from "../serving/query-stats.js";
import { toMasterFileName } from "../wire/names.js";
import { HEADER, rcodeName, typeName } from "../wire/protocol.js";
import { Query } from "../wire/query.js";
import { AT, type LogRecord } from "./record.js";

const AA = 0x04;
const TC = 0x02;
const IPV4_OCTETS = 4;

/** Names by number: there are few, and a search for each query would cost more than all else. */
const typeNames = new Map<number, string>(Array.from(LOG_TYPES, ([name, number]) => [number, name]));
const rcodeNames = new Map<number, string>();

function known(names: Map<number, string>, number: number, make: (number: number) => string): string {
  const name = names.get(number);
  if (name !== undefined) return name;
  const made = make(number);
  names.set(number, made);
  return made;
}

const rcodeText = (rcode: number) => rcodeName(rcode) ?? `RCODE${rcode}`;

/** Makes lines of JSON, one for each query and its answer: of ASCII alone. */
export class JsonLines {
  readonly #query = new Query();
  /** The second of the line before, and its text as far as the seconds. */
  #second = Number.NaN;
  #secondText = "";

  /** @param epochMs milliseconds since 1970 when the clock of the threads was 0 */
  line(record: LogRecord, epochMs: number): string {
    const { octets, at, queryLength, keptLength, answerAt, clientPort, queriedAt, answeredAt } = record;
    const query = this.#query;
    query.read(octets.subarray(at + AT.messages, at + AT.messages + queryLength), queryLength, 0);
    const hasHeader = keptLength >= HEADER;
    const flags = hasHeader ? octets[answerAt + 2] : 0;
    const answers = hasHeader ? (octets[answerAt + 6] << 8) | octets[answerAt + 7] : 0;
    const port = clientPort > 0 ? `,"port":${clientPort}` : "";
    const question =
      query.nameLength > 0 ? `,"name":"${nameText(query)}","type":"${known(typeNames, query.type, typeName)}"` : "";
    const seconds = Math.round((answeredAt - queriedAt) * 1e3) / 1e6;
    // What is no number and no truth value is a name of this program, an address, or a name whose special characters are escaped.
    return (
      `{"time":"${this.#time(queriedAt + epochMs)}","client":"${addressText(record)}"${port}` +
      `,"transport":"${TRANSPORTS[record.transport]}","id":${query.id}${question}` +
      `,"rd":${query.recursionDesired},"edns":${query.opt.present},"do":${query.opt.dnssecOk}` +
      `,"zone":"${ZONES[record.zone]}","rcode":"${known(rcodeNames, record.rcode, rcodeText)}"` +
      `,"aa":${(flags & AA) !== 0},"tc":${(flags & TC) !== 0},"answers":${answers}` +
      `,"querySize":${queryLength},"size":${record.answerLength},"seconds":${seconds}}\n`
    );
  }

  /** ISO 8601 with milliseconds. @param ms since 1970 */
  #time(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, -4);
    }
    return `${this.#secondText}${String(Math.floor(ms - second * 1000)).padStart(3, "0")}Z`;
  }
}

function addressText({ octets, at, clientLength }: LogRecord): string {
  const start = at + AT.client;
  if (clientLength !== IPV4_OCTETS) return formatOctets(octets.subarray(start, start + clientLength));
  return `${octets[start]}.${octets[start + 1]}.${octets[start + 2]}.${octets[start + 3]}`;
}

/** As in master files, in lower case. Most names need no escapes. */
function nameText({ name, nameLength, labels, labelAt }: Query): string {
  if (labels === 0) return ".";
  let text = "";
  for (let i = 0; i < labels; i++) {
    const start = labelAt[i];
    for (let at = start + 1; at <= start + name[start]; at++) {
      if (!PLAIN[name[at]]) return toMasterFileName(name.subarray(0, nameLength), 0).replaceAll("\\", "\\\\");
      text += CHARACTERS[name[at]];
    }
    text += ".";
  }
  return text;
}

/** By octet: its character, and whether it needs no escape. */
const CHARACTERS = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet));
const PLAIN = CHARACTERS.map((character) => /[a-z0-9_-]/.test(character));

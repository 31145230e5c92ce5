import { TRANSPORTS, ZONES } from "../serving/query-stats.js";
import { HEADER, rcodeName } from "../wire/protocol.js";
import { Query } from "../wire/query.js";
import { AT, type LogRecord } from "./record.js";
import { addressText, known, nameText, typeText } from "./texts.js";

const AA = 0x04;
const TC = 0x02;

const rcodeNames = new Map<number, string>();
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
    const question = query.nameLength > 0 ? `,"name":"${nameText(query)}","type":"${typeText(query.type)}"` : "";
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

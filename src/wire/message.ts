import { readUint16, readUint32 } from "./octets.js";
import { HEADER, RECORD_FIXED, TYPE } from "./protocol.js";
import { expandName, isReadable, nameEnd, namesIn } from "./readable.js";

/** A record of a message. Its names are without compression, also those in its data. */
export interface MessageRecord {
  readonly owner: Uint8Array;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

export interface MessageQuestion {
  readonly name: Uint8Array;
  readonly type: number;
  readonly class: number;
}

/** An OPT record (RFC 6891 §6.1). */
export interface MessageOpt {
  readonly payload: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
}

/** A whole message, for people and programs that look at it (RFC 1035 §4). */
export interface Message {
  readonly id: number;
  readonly opcode: number;
  /** With the upper bits of the OPT record. */
  readonly rcode: number;
  /** Those that are set: `qr`, `aa`, `tc`, `rd`, `ra`, `ad`, `cd`. */
  readonly flags: readonly string[];
  readonly questions: readonly MessageQuestion[];
  readonly answers: readonly MessageRecord[];
  readonly authorities: readonly MessageRecord[];
  /** Without the OPT record. */
  readonly additionals: readonly MessageRecord[];
  readonly opt: MessageOpt | undefined;
}

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x8000, "qr"],
  [0x0400, "aa"],
  [0x0200, "tc"],
  [0x0100, "rd"],
  [0x0080, "ra"],
  [0x0020, "ad"],
  [0x0010, "cd"],
];
/** Octets of a question behind its name. */
const QUESTION_FIXED = 4;
const DO = 0x8000;

/** Reads a message; `undefined` if it is malformed. What follows the last record is ignored. */
export function readMessage(octets: Uint8Array): Message | undefined {
  if (octets.length < HEADER) return undefined;
  const [id, bits] = [readUint16(octets, 0), readUint16(octets, 2)];
  const [questionCount = 0, ...counts] = [4, 6, 8, 10].map((at) => readUint16(octets, at));
  const reader = new Reader(octets);
  const questions = reader.questions(questionCount);
  const sections = questions && counts.map((count) => reader.records(count));
  const [answers, authorities, additionals] = sections ?? [];
  if (!questions || !answers || !authorities || !additionals) return undefined;
  const opt = additionals.find(({ type }) => type === TYPE.OPT);
  return {
    id,
    opcode: (bits >>> 11) & 0xf,
    rcode: (bits & 0xf) | (((opt?.ttl ?? 0) >>> 24) << 4),
    flags: FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name),
    questions,
    answers,
    authorities,
    additionals: additionals.filter((record) => record !== opt),
    opt: opt && { payload: opt.class, dnssecOk: (opt.ttl & DO) !== 0, options: optionsOf(opt.rdata) },
  };
}

class Reader {
  readonly #octets: Uint8Array;
  #at: number = HEADER;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  questions(count: number): readonly MessageQuestion[] | undefined {
    const questions: MessageQuestion[] = [];
    for (let i = 0; i < count; i++) {
      const end = nameEnd(this.#octets, this.#at, this.#octets.length);
      if (end < 0 || end + QUESTION_FIXED > this.#octets.length) return undefined;
      const name = expandName(this.#octets, this.#at);
      questions.push({ name, type: readUint16(this.#octets, end), class: readUint16(this.#octets, end + 2) });
      this.#at = end + QUESTION_FIXED;
    }
    return questions;
  }

  records(count: number): readonly MessageRecord[] | undefined {
    const records: MessageRecord[] = [];
    for (let i = 0; i < count; i++) {
      const record = this.#record();
      if (!record) return undefined;
      records.push(record);
    }
    return records;
  }

  #record(): MessageRecord | undefined {
    const octets = this.#octets;
    const fixed = nameEnd(octets, this.#at, octets.length);
    if (fixed < 0 || fixed + RECORD_FIXED > octets.length) return undefined;
    const type = readUint16(octets, fixed);
    const rdata = fixed + RECORD_FIXED;
    const end = rdata + readUint16(octets, fixed + 8);
    if (end > octets.length || !isReadable(octets, type, rdata, end)) return undefined;
    const owner = expandName(octets, this.#at);
    this.#at = end;
    const [class_, ttl] = [readUint16(octets, fixed + 2), readUint32(octets, fixed + 4)];
    return { owner, type, class: class_, ttl, rdata: expanded(octets, type, rdata, end) };
  }
}

/** RDATA with its names as they would be without compression. */
function expanded(octets: Uint8Array, type: number, start: number, end: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = start;
  for (const { start: name, behind } of namesIn(octets, type, start, end)) {
    parts.push(octets.subarray(at, name), expandName(octets, name));
    at = behind;
  }
  return Buffer.concat([...parts, octets.subarray(at, end)]);
}

function optionsOf(rdata: Uint8Array): MessageOpt["options"] {
  const options: { code: number; data: Uint8Array }[] = [];
  for (let at = 0; at + 4 <= rdata.length; ) {
    const end = at + 4 + readUint16(rdata, at + 2);
    options.push({ code: readUint16(rdata, at), data: rdata.subarray(at + 4, end) });
    at = end;
  }
  return options;
}

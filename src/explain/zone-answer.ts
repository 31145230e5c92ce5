import { Answerer } from "../answer/answer.js";
import { LocalNames } from "../answer/local-names.js";
import type { AnswerPolicy } from "../answer/policy.js";
import { Request } from "../answer/request.js";
import { encodeName, hashName, MAX_NAME, nameWords } from "../wire/names.js";
import { readUint16, readUint32, writeUint16 } from "../wire/octets.js";
import { CLASS, HEADER, MAX_MESSAGE, POINTER, RCODE, RECORD_FIXED, TYPE, typeName } from "../wire/protocol.js";
import { TsigKeys } from "../wire/tsig.js";
import { rdataText } from "../zone/rdata-text.js";
import type { Snapshot } from "../zone/snapshot.js";

export interface AnsweredRecord {
  /** With the final dot. */
  readonly owner: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl: number;
  /** As in a master file. */
  readonly data: string;
}

/** What this server itself answers. */
export interface ZoneAnswer {
  /** Whether the name is in one of its zones. */
  readonly isOurs: boolean;
  readonly rcode: number;
  /** Of the answer section; of the authority section if the name is delegated. */
  readonly records: readonly AnsweredRecord[];
  readonly isDelegated: boolean;
}

const CLIENT = { octets: new Uint8Array(4), mayQuery: true, mayRecurse: true };
const STREAM = { stream: true, encrypted: false, keepalive: -1, transport: 0, transfers: false };

/** Asks a snapshot as a client would. */
export class ZoneAsker {
  readonly #answerer: Answerer;
  readonly #request = new Request(STREAM, new Uint8Array(MAX_MESSAGE));

  /** @param outside what becomes of names in no zone: by default they are refused */
  constructor(snapshot: Snapshot, outside?: Pick<AnswerPolicy, "forwarding" | "localNames">) {
    this.#answerer = new Answerer({
      snapshot,
      policy: {
        maxUdpPayload: 1_232,
        setTruncateBit: true,
        recursionAvailable: false,
        ...(outside ?? { forwarding: false, localNames: new LocalNames([], "explain") }),
        identity: { version: undefined, id: undefined },
        cookies: undefined,
        keys: new TsigKeys([]),
      },
      random: () => 0,
      clock: () => 0,
    });
  }

  /** @param name lower case, without the final dot @param type all types by default */
  ask(name: string, type: number = TYPE.ANY): ZoneAnswer {
    const length = this.outcome(name, type);
    const questionEnd = queryFor(name, type).length;
    const message = this.#request.out.subarray(0, length);
    const [answers, authorities] = [readUint16(message, 6), readUint16(message, 8)];
    const isOurs = this.#answerer.authoritative || this.#answerer.rcode === RCODE.SERVFAIL;
    const all = [...recordsIn(message, questionEnd, answers + authorities)];
    const isDelegated = answers === 0 && all.some(({ type }) => type === "NS");
    return { isOurs, rcode: this.#answerer.rcode, records: isDelegated ? all : all.slice(0, answers), isDelegated };
  }

  /** The same with the SRV records of zones that leave them out of an answer to ANY, as Consul's do. */
  askAll(name: string): ZoneAnswer {
    const any = this.ask(name);
    if (any.records.length === 0 || any.isDelegated || any.records.some(({ type }) => type === "SRV")) return any;
    return {
      ...any,
      records: [...any.records, ...this.ask(name, TYPE.SRV).records.filter(({ type }) => type === "SRV")],
    };
  }

  /** What `Answerer.answer` returns. */
  outcome(name: string, type: number = TYPE.ANY): number {
    const query = queryFor(name, type);
    this.#request.set(query, query.length, CLIENT);
    return this.#answerer.answer(this.#request);
  }
}

/** Whether a zone has the name itself, rather than a wildcard that stands for it. @param name lower case, without the final dot */
export function isKnown(name: string, snapshot: Snapshot): boolean {
  const wire = encodeName(name);
  return snapshot.find(nameWords(wire), 0, wire.length, hashName(wire, 0, wire.length, snapshot.seed)) !== 0;
}

function queryFor(name: string, type: number): Uint8Array {
  const wire = encodeName(name);
  const query = new Uint8Array(HEADER + wire.length + 4);
  query[5] = 1;
  query.set(wire, HEADER);
  writeUint16(query, HEADER + wire.length, type);
  writeUint16(query, HEADER + wire.length + 2, CLASS.IN);
  return query;
}

function* recordsIn(message: Uint8Array, start: number, count: number): Generator<AnsweredRecord> {
  let at = start;
  for (let i = 0; i < count; i++) {
    const { wire: owner, end } = nameIn(message, at);
    const type = readUint16(message, end);
    const ttl = readUint32(message, end + 4);
    const size = readUint16(message, end + 8);
    const rdata = end + RECORD_FIXED;
    yield { owner: rdataText(TYPE.NS, owner), type: typeName(type), ttl, data: dataText(message, type, rdata, size) };
    at = rdata + size;
  }
}

function dataText(message: Uint8Array, type: number, at: number, size: number): string {
  const name = (from: number) => rdataText(TYPE.NS, nameIn(message, from).wire);
  if (type === TYPE.NS || type === TYPE.CNAME || type === TYPE.PTR) return name(at);
  if (type !== TYPE.SOA) return rdataText(type, message.subarray(at, at + size));
  const mname = nameIn(message, at);
  const rname = nameIn(message, mname.end);
  const serial = readUint32(message, rname.end);
  return `${rdataText(TYPE.NS, mname.wire)} ${rdataText(TYPE.NS, rname.wire)} ${serial}`;
}

/** A name without its compression pointers (RFC 1035 §4.1.4), and where it ends. */
function nameIn(message: Uint8Array, start: number): { readonly wire: Uint8Array; readonly end: number } {
  const wire: number[] = [];
  let end = -1;
  let at = start;
  while (message[at] !== 0 && wire.length < MAX_NAME) {
    if (message[at] >= POINTER) {
      if (end < 0) end = at + 2;
      at = readUint16(message, at) & 0x3fff;
      continue;
    }
    for (let i = 0; i <= message[at]; i++) wire.push(message[at + i]);
    at += message[at] + 1;
  }
  wire.push(0);
  return { wire: Uint8Array.from(wire), end: end < 0 ? at + 1 : end };
}

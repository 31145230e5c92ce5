import { Answerer } from "../answer/answer.js";
import { LocalNames } from "../answer/local-names.js";
import type { AnswerPolicy } from "../answer/policy.js";
import { Request } from "../answer/request.js";
import { type Message, type MessageRecord, readMessage } from "../wire/message.js";
import { encodeName, hashName, nameWords, toMasterFileName } from "../wire/names.js";
import { writeUint16 } from "../wire/octets.js";
import { CLASS, HEADER, MAX_MESSAGE, RCODE, TYPE, typeName } from "../wire/protocol.js";
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
    const message = this.message(name, type);
    const [answers = [], authorities = []] = [message?.answers.map(textOf), message?.authorities.map(textOf)];
    const { authoritative, rcode } = this.#answerer;
    const isDelegated = answers.length === 0 && authorities.some((record) => record.type === "NS");
    const isOurs = authoritative || rcode === RCODE.SERVFAIL;
    return { isOurs, rcode, records: isDelegated ? authorities : answers, isDelegated };
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

  /** The answer itself, for names in the zones. */
  message(name: string, type: number): Message | undefined {
    return readMessage(this.#request.out.subarray(0, Math.max(0, this.outcome(name, type))));
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

function textOf({ owner, type, ttl, rdata }: MessageRecord): AnsweredRecord {
  return { owner: toMasterFileName(owner, 0), type: typeName(type), ttl, data: rdataText(type, rdata) };
}

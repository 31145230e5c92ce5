import { type ExpandedRecord, expandedRecords, isSoa } from "../wire/expanded.js";
import { RCODE, TYPE } from "../wire/protocol.js";
import type { Reply } from "../wire/reply.js";
import { ALIASED } from "./detours.js";
import type { MessageWriter } from "./message-writer.js";
import { firstOwnName } from "./own-name.js";
import type { ZoneAnswers } from "./zone-answers.js";

/** Completes an answer whose CNAME records lead outside the zones with what an upstream says of the name there. */
export class Completion {
  readonly #writer: MessageWriter;
  readonly #zones: ZoneAnswers;

  constructor(writer: MessageWriter, zones: ZoneAnswers) {
    this.#writer = writer;
    this.#zones = zones;
  }

  /**
   * Writes the reply's records behind the CNAME records. If it leads back into a zone, what the zone has takes the place of what the
   * upstream says of that name.
   *
   * @param name that the upstream was asked for
   * @param age see `Answerer.relay`
   * @returns the rcode
   */
  write(reply: Reply, name: Uint8Array, age: number): number {
    const { rcode, answers, authorities, chain } = reply;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return RCODE.SERVFAIL;
    const records = expandedRecords(reply, name, answers + authorities, age);
    const own = chain && firstOwnName(chain, this.#zones.snapshot);
    if (own) return this.#backTo(own.name, records.slice(0, own.link.records), name);
    for (const record of ofChain(records.slice(0, answers), name)) if (this.#append(record, name) === 0) return rcode;
    // Only a negative answer needs what is behind it.
    for (const record of records.slice(answers).filter(isSoa)) this.#writer.whole(record, record.owner, true);
    this.#writer.truncated ||= reply.truncated;
    return rcode;
  }

  #backTo(own: Uint8Array, records: readonly ExpandedRecord[], name: Uint8Array): number {
    let place = 0;
    for (const record of ofChain(records, name)) {
      const rdata = this.#append(record, name);
      if (rdata === 0) return RCODE.NOERROR;
      if (record.type === TYPE.CNAME && isSameName(record.rdata, own)) place = rdata;
    }
    if (place === 0) return RCODE.SERVFAIL;
    this.#writer.owner = place;
    const rcode = this.#zones.goOn(own, place);
    return rcode === ALIASED ? RCODE.NOERROR : rcode;
  }

  #append(record: ExpandedRecord, name: Uint8Array): number {
    return this.#writer.whole(record, isSameName(record.owner, name) ? undefined : record.owner, false);
  }
}

/** The records of the name and of those that it is an alias of. Others were not asked for, and might be of names of the zones. */
function ofChain(records: readonly ExpandedRecord[], name: Uint8Array): readonly ExpandedRecord[] {
  const names = [name];
  return records.filter(({ owner, type, rdata }) => {
    const belongs = names.some((each) => isSameName(owner, each));
    if (belongs && type === TYPE.CNAME) names.push(Uint8Array.from(rdata, fold));
    return belongs;
  });
}

function isSameName(name: Uint8Array, lowerCase: Uint8Array): boolean {
  return name.length === lowerCase.length && lowerCase.every((octet, i) => fold(name[i]) === octet);
}

/** An ASCII letter in lower case. Octets of lengths are below, so that a whole name can be folded. */
function fold(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

import { writeUint16 } from "../wire/octets.js";
import { CLASS, HEADER, TYPE } from "../wire/protocol.js";
import { Query } from "../wire/query.js";
import type { SoughtName } from "./sought-name.js";

const RD = 0x01;
const CD = 0x10;
const DO = 0x80;
/** Octets of an OPT record without options, and what it offers: no socket of ours is behind this query. */
const OPT = 11;
const PAYLOAD = 1232;

/** The query for a name outside that a name of the zones is an alias of. It asks for the rest of an answer. */
export class BehindAlias {
  readonly query = new Query();
  readonly message = new Uint8Array(HEADER + 256 + 4 + OPT);

  /** @param seed of the name hash */
  set(asked: Query, { name, nameLength }: SoughtName, seed: number): void {
    const { message } = this;
    message.fill(0);
    message[2] = RD;
    message[3] = asked.checkingDisabled ? CD : 0;
    message[5] = 1;
    for (let i = 0; i < nameLength; i++) message[HEADER + i] = name[i];
    let at = writeUint16(message, HEADER + nameLength, asked.type);
    at = writeUint16(message, at, CLASS.IN);
    if (asked.opt.present) {
      message[11] = 1;
      writeUint16(message, at + 1, TYPE.OPT);
      writeUint16(message, at + 3, PAYLOAD);
      message[at + 7] = asked.opt.dnssecOk ? DO : 0;
      at += OPT;
    }
    this.query.read(message, at, seed);
  }

  /** The name in lower-case wire form, as a copy. */
  get name(): Uint8Array {
    return this.query.name.slice(0, this.query.nameLength);
  }
}

import { hashName } from "../wire/names.js";
import { writeUint16, writeUint32 } from "../wire/octets.js";
import { nameIn } from "../wire/prepared.js";
import { CLASS } from "../wire/protocol.js";
import { RECORD_HEADER } from "../zone/layout.js";
import type { Shard, Snapshot } from "../zone/snapshot.js";
import type { GlueWriter } from "./glue-writer.js";
import type { MessageBuffer } from "./message-buffer.js";
import { PreparedPicks } from "./prepared-picks.js";

/** The addresses of so many targets of one RRset are given. */
const MAX_TARGETS = 32;

/** Writes prepared RRsets, as `RrsetWriter` does others. */
export class PreparedWriter {
  readonly #message: MessageBuffer;
  readonly #picks: PreparedPicks;
  readonly #glue: GlueWriter;
  #shard: Shard | undefined;
  #type = 0;
  /** Records that were written, and the index in the message where they start. */
  #written = 0;
  #writtenAt = 0;
  readonly #targets = new Int32Array(MAX_TARGETS);

  /** @param random returns unsigned 32-bit integers */
  constructor(message: MessageBuffer, random: () => number, glue: GlueWriter) {
    this.#message = message;
    this.#picks = new PreparedPicks(random);
    this.#glue = glue;
  }

  select(shard: Shard, entry: number, rrset: number, ttl: number): void {
    this.#shard = shard;
    this.#type = shard.words[rrset] & 0xffff;
    this.#picks.select(shard.words, entry, rrset, ttl);
  }

  /** Records that an answer has. */
  get total(): number {
    return this.#picks.total;
  }

  /** Nothing is left to do: which record comes first is picked already. */
  rotate(): void {}

  fitting(): number {
    const picks = this.#picks;
    const { room } = this.#message;
    let taken = 0;
    for (let n = 0; n < picks.total; n++) {
      taken += RECORD_HEADER + picks.rdlength(picks.at(n));
      if (taken > room) return n;
    }
    return picks.total;
  }

  write(count: number, owner: number): void {
    const message = this.#message;
    const picks = this.#picks;
    const { octets } = this.#shard as Shard;
    this.#written = count;
    this.#writtenAt = message.at;
    for (let n = 0; n < count; n++) {
      const record = picks.at(n);
      const size = picks.rdlength(record);
      const from = picks.rdataAt(record);
      message.pointer(owner);
      message.at = writeUint32(message.out, message.at, (this.#type << 16) | CLASS.IN);
      message.at = writeUint32(message.out, message.at, picks.ttl);
      message.at = writeUint16(message.out, message.at, size);
      message.copy(octets, from, from + size);
    }
  }

  /** The index in the message of the name that the first record written points to. */
  get targetAt(): number {
    return this.#writtenAt + RECORD_HEADER + nameIn(this.#type);
  }

  /** Appends the addresses of the targets of the records just written, each target once. Returns the number of records. */
  glue(snapshot: Snapshot): number {
    const { words, octets } = this.#shard as Shard;
    const picks = this.#picks;
    const ahead = nameIn(this.#type);
    let at = this.#writtenAt;
    let records = 0;
    let targets = 0;
    for (let n = 0; n < this.#written && targets < MAX_TARGETS; n++) {
      const record = picks.at(n);
      const size = picks.rdlength(record);
      const name = picks.rdataAt(record) + ahead;
      const hash = hashName(octets, name, size - ahead, snapshot.seed) | 0;
      const found = snapshot.find(words, name >>> 2, size - ahead, hash);
      if (found !== 0 && this.#isNew(found, targets)) {
        this.#targets[targets++] = found;
        records += this.#glue.write(snapshot, found, at + RECORD_HEADER + ahead);
      }
      at += RECORD_HEADER + size;
    }
    return records;
  }

  #isNew(found: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.#targets[i] === found) return false;
    return true;
  }
}

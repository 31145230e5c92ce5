import { aligned } from "./ring.js";

/**
 * One query and its answer, as they lie in a ring; offsets in octets:
 *
 *      0 length of all (u32)         4 client's port (u16), server's port (u16)
 *      8 transport, zone, octets of the client's address, of the server's (u8 each)
 *     12 rcode (u16), unused (u16)
 *     16 when the query was read, 24 when it had its answer: milliseconds on the clock of the threads (f64 each)
 *     32 octets of the query (u32)   36 octets of the answer that are here (u32)   40 octets of the answer (u32)
 *     48 client's address            64 server's address                           80 query, then answer
 */
export const AT = {
  ports: 4,
  kinds: 8,
  rcode: 12,
  queriedAt: 16,
  answeredAt: 24,
  queryLength: 32,
  keptLength: 36,
  answerLength: 40,
  client: 48,
  server: 64,
  messages: 80,
} as const;

/** The octets that a record takes. @param messages octets of query and answer that are kept */
export function recordSize(messages: number): number {
  return aligned(AT.messages + messages);
}

/** Where records are. */
export interface RecordMemory {
  readonly octets: Uint8Array;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
}

/** A record as it is read. One object shows one record after the other. */
export class LogRecord {
  readonly #memory: RecordMemory;
  /** All of the ring's memory. */
  readonly octets: Uint8Array;
  /** Its index in the ring. */
  at = 0;

  constructor(memory: RecordMemory) {
    this.#memory = memory;
    this.octets = memory.octets;
  }

  get transport(): number {
    return this.octets[this.at + AT.kinds];
  }

  /** Index in `ZONES`. */
  get zone(): number {
    return this.octets[this.at + AT.kinds + 1];
  }

  get rcode(): number {
    return this.#memory.words[(this.at + AT.rcode) / 4];
  }

  get clientPort(): number {
    return this.#memory.words[(this.at + AT.ports) / 4] & 0xffff;
  }

  get serverPort(): number {
    return this.#memory.words[(this.at + AT.ports) / 4] >>> 16;
  }

  /** Milliseconds on the clock of the threads. */
  get queriedAt(): number {
    return this.#memory.numbers[(this.at + AT.queriedAt) / 8];
  }

  get answeredAt(): number {
    return this.#memory.numbers[(this.at + AT.answeredAt) / 8];
  }

  /** Octets of the client's address: 4 or 16. */
  get clientLength(): number {
    return this.octets[this.at + AT.kinds + 2];
  }

  /** Octets of the address that was asked; 0 if it is not known. */
  get serverLength(): number {
    return this.octets[this.at + AT.kinds + 3];
  }

  get queryLength(): number {
    return this.#word(AT.queryLength);
  }

  /** Octets of the answer that are kept. */
  get keptLength(): number {
    return this.#word(AT.keptLength);
  }

  /** Index of the answer in `octets`. */
  get answerAt(): number {
    return this.at + AT.messages + this.queryLength;
  }

  /** Octets of the whole answer. */
  get answerLength(): number {
    return this.#word(AT.answerLength);
  }

  #word(offset: number): number {
    return this.#memory.words[(this.at + offset) / 4];
  }
}

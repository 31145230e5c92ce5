import { HEADER } from "../wire/protocol.js";
import type { UpstreamQuery, Via } from "./link.js";
import { type QueryStyle, type Question, questionEnd, writeQuery } from "./question.js";
import type { Upstream } from "./upstream.js";

/** What a reply is that has no answer: its rcode, or a number below 0. */
export type Negative = number;

/** What an attempt is made for, where it is not just for the answer. */
export interface Purpose {
  /** To find out whether it is the upstream that has changed the letters of an earlier one's question. */
  readonly checksCase?: boolean;
  /** To find out whether the upstream says this again to mixed case; the client has its answer already. */
  readonly proves?: Negative;
}

/** Who makes attempts, and hears what becomes of them. */
export interface AttemptOwner {
  readonly question: Question;
  /** Set when nobody waits for a reply any more. */
  readonly outcome: unknown;
  replied(attempt: Attempt, reply: Uint8Array, caseKept: boolean, milliseconds: number): void;
  refused(attempt: Attempt, reason: string): void;
}

export interface AttemptParts {
  /** The upstream's place in the owner's list. */
  readonly candidate: number;
  readonly upstream: Upstream;
  readonly via: Via;
  readonly style: QueryStyle;
  readonly purpose: Purpose;
}

/** One query to one upstream. */
export class Attempt implements UpstreamQuery {
  readonly owner: AttemptOwner;
  readonly candidate: number;
  readonly upstream: Upstream;
  readonly via: Via;
  readonly query: Uint8Array;
  readonly questionEnd: number;
  /** Its letters are random, and a reply has to have the same. */
  readonly mixedCase: boolean;
  /** Its letters are the client's. */
  readonly spelledAsClient: boolean;
  /** They are random, and other ones than the client's. */
  readonly isMixed: boolean;
  readonly edns: boolean;
  readonly purpose: Purpose;

  constructor(owner: AttemptOwner, { candidate, upstream, via, style, purpose }: AttemptParts) {
    this.owner = owner;
    this.candidate = candidate;
    this.upstream = upstream;
    this.via = via;
    this.query = writeQuery(owner.question, style);
    this.questionEnd = questionEnd(owner.question);
    this.spelledAsClient = style.letters === "own";
    this.mixedCase = style.letters === "mixed";
    this.isMixed = this.mixedCase && owner.question.spelling.some((octet, i) => octet !== this.query[HEADER + i]);
    this.edns = style.edns;
    this.purpose = purpose;
  }

  get isWanted(): boolean {
    return this.purpose.proves === undefined && !this.owner.outcome;
  }

  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void {
    this.owner.replied(this, reply, caseKept, milliseconds);
  }

  failed(reason: string): void {
    this.owner.refused(this, reason);
  }
}

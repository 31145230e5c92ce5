import { HEADER } from "../wire/protocol.js";
import type { UpstreamQuery, Via } from "./link.js";
import { type QueryStyle, type Question, questionEnd, writeQuery } from "./question.js";
import type { Upstream } from "./upstream.js";

/** Why a reply has no answer: its rcode, or a number below 0 for what has no rcode of its own (`verdict.ts`). */
export type Negative = number;

/** Why an attempt is made, if not for the answer alone. */
export interface Purpose {
  /** To find out whether the upstream itself changed the letter case of the question in an earlier reply. */
  readonly checksCase?: boolean;
  /** To find out whether mixed case makes the upstream say this again; the client already has its answer. */
  readonly confirms?: Negative;
}

/** Makes attempts and receives their results. */
export interface AttemptOwner {
  readonly question: Question;
  /** Set when the question is settled: no client waits for a reply any more. */
  readonly outcome: unknown;
  replied(attempt: Attempt, reply: Uint8Array, caseKept: boolean, milliseconds: number): void;
  networkFailed(attempt: Attempt, reason: string): void;
}

export interface AttemptParts {
  /** Index of the upstream in the owner's list. */
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
  /** Its letter case is random, and a reply has to repeat it. */
  readonly mixedCase: boolean;
  /** Its letter case is that of the client's query. */
  readonly spelledAsClient: boolean;
  /** Its letter case is random and differs from the client's. */
  readonly isRespelled: boolean;
  readonly edns: boolean;
  readonly purpose: Purpose;

  constructor(owner: AttemptOwner, { candidate, upstream, via, style, purpose }: AttemptParts) {
    this.owner = owner;
    this.candidate = candidate;
    this.upstream = upstream;
    this.via = via;
    this.query = writeQuery(owner.question, style);
    this.questionEnd = questionEnd(owner.question);
    this.spelledAsClient = style.letters === "client";
    this.mixedCase = style.letters === "mixed";
    this.isRespelled = this.mixedCase && owner.question.spelling.some((octet, i) => octet !== this.query[HEADER + i]);
    this.edns = style.edns;
    this.purpose = purpose;
  }

  get isWanted(): boolean {
    return this.purpose.confirms === undefined && !this.owner.outcome;
  }

  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void {
    this.owner.replied(this, reply, caseKept, milliseconds);
  }

  failed(reason: string): void {
    this.owner.networkFailed(this, reason);
  }
}

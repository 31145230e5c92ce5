import { HEADER } from "../wire/protocol.js";
import type { UpstreamQuery, Via } from "./link.js";
import { type QueryStyle, questionEnd, writeQuery } from "./question.js";
import type { Resolution } from "./resolution.js";
import type { Upstream } from "./upstream.js";
import type { Negative } from "./verdict.js";

/** What an attempt is made for, where it is not just for the answer. */
export interface Purpose {
  /** To find out whether it is the upstream that has changed the letters of an earlier one's question. */
  readonly checksCase?: boolean;
  /** To find out whether the upstream says this again to mixed case; the client has its answer already. */
  readonly proves?: Negative;
}

/** One query of a resolution to one upstream. */
export class Attempt implements UpstreamQuery {
  readonly resolution: Resolution;
  /** The upstream's place in the resolution's list. */
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

  constructor(
    resolution: Resolution,
    candidate: number,
    upstream: Upstream,
    via: Via,
    style: QueryStyle,
    purpose: Purpose,
  ) {
    this.resolution = resolution;
    this.candidate = candidate;
    this.upstream = upstream;
    this.via = via;
    this.query = writeQuery(resolution.question, style);
    this.questionEnd = questionEnd(resolution.question);
    this.spelledAsClient = style.letters === "own";
    this.mixedCase = style.letters === "mixed";
    this.isMixed = this.mixedCase && resolution.question.spelling.some((octet, i) => octet !== this.query[HEADER + i]);
    this.edns = style.edns;
    this.purpose = purpose;
  }

  get isWanted(): boolean {
    return this.purpose.proves === undefined && !this.resolution.outcome;
  }

  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void {
    this.resolution.replied(this, reply, caseKept, milliseconds);
  }

  failed(reason: string): void {
    this.resolution.refused(this, reason);
  }
}

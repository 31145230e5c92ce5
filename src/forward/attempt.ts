import type { Exchange, Via } from "./link.js";
import { type QueryStyle, questionEnd, writeQuery } from "./question.js";
import type { Resolution } from "./resolution.js";
import type { Upstream } from "./upstream.js";

/** One query of a resolution to one upstream. */
export class Attempt implements Exchange {
  readonly resolution: Resolution;
  /** The upstream's place in the resolution's list. */
  readonly candidate: number;
  readonly upstream: Upstream;
  readonly via: Via;
  readonly query: Uint8Array;
  readonly questionEnd: number;
  readonly mixedCase: boolean;
  readonly edns: boolean;
  /** It is made to find out whether it is the upstream that has changed the letters of an earlier one's question. */
  readonly checksCase: boolean;

  constructor(
    resolution: Resolution,
    candidate: number,
    upstream: Upstream,
    via: Via,
    style: QueryStyle,
    checksCase: boolean,
  ) {
    this.resolution = resolution;
    this.candidate = candidate;
    this.upstream = upstream;
    this.via = via;
    this.query = writeQuery(resolution.question, style);
    this.questionEnd = questionEnd(resolution.question);
    this.mixedCase = style.mixedCase;
    this.edns = style.edns;
    this.checksCase = checksCase;
  }

  get isWanted(): boolean {
    return !this.resolution.outcome;
  }

  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void {
    this.resolution.replied(this, reply, caseKept, milliseconds);
  }

  failed(reason: string): void {
    this.resolution.refused(this, reason);
  }
}

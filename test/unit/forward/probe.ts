import { createSecureRandom16 } from "../../../src/base/secure-random.js";
import type { Ignored, LinkParts, UpstreamQuery } from "../../../src/forward/link.js";
import { encodeQuery } from "../../support/dns.js";

/** The result of a query. */
export type Outcome =
  | { readonly reply: Uint8Array; readonly caseKept: boolean; readonly milliseconds: number }
  | { readonly failed: string };

/** A query that has its result as a promise, and throws if it gets two results. */
export class Probe implements UpstreamQuery {
  readonly query: Uint8Array;
  readonly questionEnd: number;
  readonly outcome: Promise<Outcome>;
  isSettled = false;
  isWanted = true;
  #settle: (outcome: Outcome) => void = () => undefined;

  constructor(name = "www.example.com", onSettled: () => void = () => undefined) {
    this.query = new Uint8Array(encodeQuery(name));
    this.questionEnd = this.query.length;
    this.outcome = new Promise((resolve) => {
      this.#settle = (outcome) => {
        if (this.isSettled) throw new Error(`settled twice: ${name}`);
        this.isSettled = true;
        resolve(outcome);
        onSettled();
      };
    });
  }

  get id(): number {
    return (this.query[0] << 8) | this.query[1];
  }

  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void {
    this.#settle({ reply, caseKept, milliseconds });
  }

  failed(reason: string): void {
    this.#settle({ failed: reason });
  }

  /** The reply; rejects if the query failed. */
  async reply(): Promise<Buffer> {
    const outcome = await this.outcome;
    if ("failed" in outcome) throw new Error(outcome.failed);
    return Buffer.from(outcome.reply);
  }

  /** Why the query failed; rejects if there is a reply. */
  async failure(): Promise<string> {
    const outcome = await this.outcome;
    if ("failed" in outcome) return outcome.failed;
    throw new Error("there is a reply");
  }
}

/** The parts of a link, with a clock that a test can move, and counters. */
export class ProbeParts implements LinkParts {
  time = 1000;
  /** How many messages were ignored, by reason. */
  readonly counted: Partial<Record<Ignored, number>> = {};
  readonly now = () => this.time;
  readonly random16 = createSecureRandom16();
  readonly ignored = (reason: Ignored) => {
    this.counted[reason] = (this.counted[reason] ?? 0) + 1;
  };
}

/** A reply to a query: a copy of it with QR set, and with the given change. */
export function replyTo(query: Uint8Array, change: (reply: Uint8Array) => void = () => undefined): Uint8Array {
  const reply = new Uint8Array(query);
  reply[2] |= 0x80;
  change(reply);
  return reply;
}

/** The number of open handles of a kind in this process. */
export function handles(kind: "UDPWrap" | "TCPSocketWrap"): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === kind).length;
}

import {
  CLASS,
  EDE,
  HEADER,
  MAX_MESSAGE,
  MAX_UDP_QUERY,
  MIN_UDP_PAYLOAD,
  OPCODE,
  RCODE,
  TYPE,
} from "../wire/protocol.js";
import { Query, VERDICT, type Verdict } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { checkTsig } from "../wire/tsig.js";
import type { Snapshot } from "../zone/snapshot.js";
import { BehindAlias } from "./behind-alias.js";
import { chaosAnswer } from "./chaos.js";
import { ALIASED } from "./detours.js";
import { characterString, type LocalAnswer } from "./local-names.js";
import { MessageWriter } from "./message-writer.js";
import { beginOpt } from "./opt-answers.js";
import type { AnswerPolicy } from "./policy.js";
import { type Channel, type Client, NOBODY, type Request } from "./request.js";
import { NO_REFUSAL, Signature } from "./signature.js";
import type { NameParts } from "./sought-name.js";
import { UpstreamAnswers } from "./upstream-answers.js";
import { OUTSIDE, ZoneAnswers } from "./zone-answers.js";

/** `answer` returns the length of the answer, or one of these. */
export const DROP = 0;
/** The name is in no zone of this server: the caller forwards the query. */
export const FORWARD = -1;
/** The query is for a zone transfer: the caller passes it on to the thread that transfers. */
export const TRANSFER = -2;
/** The name is an alias of one outside: the caller forwards the query `behind`, and completes the answer with the reply. */
export const COMPLETE = -3;

export interface AnswererParts {
  readonly snapshot: Snapshot;
  readonly policy: AnswerPolicy;
  /** Returns unsigned 32-bit integers. */
  readonly random: () => number;
  /** Seconds since the epoch, for cookies and signatures. */
  readonly clock: () => number;
}

/**
 * Turns a query's octets into an answer's octets: synchronous, without I/O or allocation. Clock and randomness (which record
 * comes first) are passed in. The query and the properties of its answer stay readable until the next call, for statistics.
 */
export class Answerer {
  readonly query = new Query();
  rcode: number = RCODE.NOERROR;
  /** Whether zone transfers are served. Otherwise they are refused. */
  transfers = false;
  /** The query had a valid server cookie, from this server or one with the same secret: its source address is not forged. */
  trusted = false;
  #policy: AnswerPolicy;
  readonly #parts: AnswererParts;
  readonly #writer: MessageWriter;
  readonly #zones: ZoneAnswers;
  readonly #upstreams: UpstreamAnswers;
  /** After `COMPLETE`: the query for the name outside. */
  readonly behind = new BehindAlias();
  #client: Client = NOBODY;
  /** Counts only where the query has a TSIG record: others must not pay for it. */
  readonly #signature = new Signature();

  constructor(parts: AnswererParts) {
    this.#parts = parts;
    this.#policy = parts.policy;
    this.#writer = new MessageWriter(this.query, parts.random);
    this.#zones = new ZoneAnswers(this.query, this.#writer, parts.snapshot);
    this.#upstreams = new UpstreamAnswers(this.query, this.#writer, this.#zones);
  }

  get snapshot(): Snapshot {
    return this.#zones.snapshot;
  }

  /** The snapshot is older than allowed: answers from it say so (EDE 3). */
  get stale(): boolean {
    return this.#zones.stale;
  }

  set stale(stale: boolean) {
    this.#zones.stale = stale;
  }

  /** Whether the last answer came from one of the snapshot's zones. */
  get authoritative(): boolean {
    return this.#zones.authoritative;
  }

  /** Whether the last answer is incomplete without saying so: the records are more than a message can hold. */
  get partial(): boolean {
    return this.#zones.partial;
  }

  /** Whether the last answer has TC set. */
  get truncated(): boolean {
    return this.#writer.truncated;
  }

  /** Whether the last answer has records in its answer section. */
  get hasAnswers(): boolean {
    return this.#writer.answers > 0;
  }

  /** Uses this snapshot for later answers. */
  use(snapshot: Snapshot): void {
    this.#zones.use(snapshot);
  }

  configure(policy: AnswerPolicy): void {
    this.#policy = policy;
  }

  /**
   * Answers one message.
   *
   * @returns the answer's length in the request's `out`, `DROP`, `FORWARD`, `TRANSFER` or `COMPLETE`
   */
  answer(request: Request): number {
    const { length, client, channel } = request;
    // A datagram longer than the receive buffer was truncated: only its header is read.
    const whole = channel.stream || length <= MAX_UDP_QUERY;
    const verdict = this.#begin(request, whole ? length : HEADER);
    if (verdict === VERDICT.DROP) return DROP;
    const isTransfer = verdict === VERDICT.OK && (this.query.type === TYPE.AXFR || this.query.type === TYPE.IXFR);
    if (isTransfer && this.transfers && client.mayQuery) return TRANSFER;
    const refusal = this.#refusal();
    if (refusal !== NO_REFUSAL) return this.#finish(refusal);
    if (!client.mayQuery) return this.#prohibit();
    if (verdict !== VERDICT.OK) return this.#answerOther(verdict);
    if (isTransfer) return this.#finish(this.#zones.refuseTransfer());
    const rcode = this.#zones.lookUp();
    if (rcode === OUTSIDE) return this.#outside();
    return rcode === ALIASED ? this.#aliased() : this.#finish(rcode);
  }

  /**
   * Answers a message with an rcode and an extended error (RFC 8914), and no records: for a query that could not be forwarded.
   */
  fail(request: Request, rcode: number, ede: number): number {
    if (this.#begin(request, request.length) === VERDICT.DROP) return DROP;
    this.#writer.opt.ede = ede;
    const refusal = this.#refusal();
    return this.#finish(refusal === NO_REFUSAL ? rcode : refusal);
  }

  /** Answers a message with TC and no records, so that the client asks again over TCP. */
  truncate(request: Request, rcode: number): number {
    if (this.#begin(request, request.length) === VERDICT.DROP) return DROP;
    this.#writer.truncate();
    return this.#finish(rcode);
  }

  /** Starts the answer to a message for which `answer` returned `FORWARD` earlier. `relay` completes it. */
  resume(request: Request): void {
    this.#begin(request, request.length);
  }

  /**
   * Answers with an upstream's reply. `answer`, returning `FORWARD`, or `resume` must have been called for the message just
   * before.
   *
   * @param age seconds since the reply arrived, by which its TTLs are reduced; negative if it is stale (RFC 8767)
   */
  relay(reply: Reply, age: number): number {
    // While the query was away, its time may have run out, or its key may have been taken away.
    const refusal = this.#refusal();
    if (refusal !== NO_REFUSAL) return this.#finish(refusal);
    const rcode = this.#upstreams.relay(reply, age);
    return this.#complete(rcode, false, this.#upstreams.flags);
  }

  /**
   * Answers a message for which `answer` returned `COMPLETE` earlier, with an upstream's reply.
   *
   * @param name that the upstream was asked for
   * @param age see `relay`
   */
  complete(request: Request, name: Uint8Array, reply: Reply, age: number): number {
    if (this.#begin(request, request.length) === VERDICT.DROP) return DROP;
    const refusal = this.#refusal();
    if (refusal !== NO_REFUSAL) return this.#finish(refusal);
    return this.#finish(this.#upstreams.complete(reply, name, age));
  }

  /** Most octets of an answer to the query over this channel. */
  limitOf(channel: Channel): number {
    const { opt } = this.query;
    if (channel.stream) return MAX_MESSAGE;
    if (!opt.present) return MIN_UDP_PAYLOAD;
    return Math.max(MIN_UDP_PAYLOAD, Math.min(opt.payload, this.#policy.maxUdpPayload));
  }

  /** Reads a message and starts its answer. @param length octets of the message to read */
  #begin(request: Request, length: number): Verdict {
    const { message, out, client, channel } = request;
    const { query } = this;
    const verdict = query.read(message, length, this.#zones.snapshot.seed);
    this.#zones.begin(channel.stream, this.#policy.setTruncateBit);
    this.trusted = false;
    this.#client = client;
    if (verdict === VERDICT.DROP) return verdict;
    const limit = this.limitOf(channel);
    this.#writer.begin(message, out, query.tsigAt < 0 ? limit : limit - this.#checkSignature(message, length, limit));
    if (query.opt.present) this.trusted = beginOpt(this.#writer, query.opt, request, this.#policy, this.#parts.clock);
    return verdict;
  }

  /** Answers a message that is no valid question in class IN. */
  #answerOther(verdict: Verdict): number {
    switch (verdict) {
      case VERDICT.OPCODE:
        return this.#finish(this.query.opcode === OPCODE.NOTIFY ? RCODE.NOTAUTH : RCODE.NOTIMP);
      case VERDICT.BAD_VERSION:
        return this.#finish(RCODE.BADVERS);
      case VERDICT.CLASS:
        return this.#chaos();
      case VERDICT.COOKIE_ONLY:
        return this.#finish(RCODE.NOERROR);
      default:
        return this.#finish(RCODE.FORMERR);
    }
  }

  #prohibit(): number {
    this.#writer.opt.ede = EDE.PROHIBITED;
    return this.#finish(RCODE.REFUSED);
  }

  #chaos(): number {
    const text = chaosAnswer(this.query, this.#policy.identity);
    if (!text) return this.#finish(RCODE.REFUSED);
    this.#zones.authoritative = true;
    this.#writer.record(TYPE.TXT, CLASS.CH, 0, characterString(text));
    return this.#finish(RCODE.NOERROR);
  }

  /** Checks the query's signature. Returns the octets that the answer's takes. @param limit most octets of the answer */
  #checkSignature(message: Uint8Array, length: number, limit: number): number {
    const now = this.#parts.clock();
    return this.#signature.begin(checkTsig(message, length, this.query.tsigAt, this.#policy.keys, now), limit);
  }

  /** The rcode for a query whose signature is not good, or `NO_REFUSAL`. */
  #refusal(): number {
    return this.query.tsigAt < 0 ? NO_REFUSAL : this.#signature.refusal;
  }

  /** Leaves the rest to an upstream, if the client may have that. Otherwise the CNAME records are the answer. */
  #aliased(): number {
    const { forwarding, localNames } = this.#policy;
    if (!forwarding || !this.#client.mayRecurse || !this.query.recursionDesired) return this.#finish(RCODE.NOERROR);
    this.behind.set(this.query, this.#zones.sought, this.snapshot.seed);
    const local = localNames.answer(this.behind.query);
    const { sought } = this.#zones;
    return local ? this.#local(local, sought, sought.place) : COMPLETE;
  }

  #outside(): number {
    const { forwarding, localNames } = this.#policy;
    if (!forwarding) {
      this.#writer.opt.ede = EDE.NOT_AUTHORITATIVE;
      return this.#finish(RCODE.REFUSED);
    }
    const local = localNames.answer(this.query);
    if (local) return this.#local(local, this.query, HEADER);
    return this.#client.mayRecurse ? FORWARD : this.#prohibit();
  }

  /** Answers for a name that is never forwarded (RFC 6303, 6761, 7686): the question's or its alias'. @param place in the message */
  #local({ rcode, rdata, ttl, soa, soaLabels }: LocalAnswer, { labels, labelAt }: NameParts, place: number): number {
    this.#zones.authoritative = true;
    if (rdata) this.#writer.whole({ type: this.query.type, ttl, rdata }, undefined, false);
    else this.#writer.soa(soa, place + labelAt[labels - soaLabels], true);
    return this.#finish(rcode);
  }

  #finish(rcode: number): number {
    return this.#complete(rcode, this.authoritative && !this.#zones.isReferral, 0);
  }

  /** Writes what stands around the records. @param flags AD and CD */
  #complete(rcode: number, authoritative: boolean, flags: number): number {
    this.rcode = rcode;
    this.#writer.finishOpt(rcode, this.#policy.maxUdpPayload);
    const size = this.#writer.finish(rcode, authoritative, this.#isRecursionAvailable(), flags);
    return this.query.tsigAt < 0 ? size : this.#signature.sign(this.#writer.out, size, this.#parts.clock());
  }

  /** RA: recursion is available, and to this client (RFC 1035 §4.1.1). */
  #isRecursionAvailable(): boolean {
    return this.#policy.recursionAvailable && this.#policy.forwarding && this.#client.mayRecurse;
  }
}

import { formatOctets } from "../base/addresses.js";
import type { Timers } from "../base/timers.js";
import { NO_EDE } from "../wire/edns.js";
import { EDE, MAX_MESSAGE, MIN_UDP_PAYLOAD, RCODE, TYPE } from "../wire/protocol.js";
import { Query } from "../wire/query.js";
import { checkTsig, type TsigKeys, type TsigSigner } from "../wire/tsig.js";
import type { HeldSnapshots } from "../zone/held-snapshots.js";
import type { Snapshot } from "../zone/snapshot.js";
import type { TransferAccess } from "./access.js";
import { ChunkPool } from "./chunks.js";
import { changesOf, inOrder, recordsOf, soaOf, wholeZone } from "./contents.js";
import { type Decision, decide, type ZoneFacts } from "./decision.js";
import type { GivenVersions } from "./given-versions.js";
import type { ZoneHistory } from "./history.js";
import type { Journal } from "./journal.js";
import { type Contents, SLACK, TransferMessage } from "./message.js";
import { Refusals } from "./refusals.js";
import { clientOf, type Secondary, type TransferReport } from "./report.js";
import { readTransferQuery, type TransferQuestion } from "./request.js";
import { TransferResponse } from "./response.js";
import { RunningTransfer } from "./running.js";
import type { IncomingTransfer, OpenTransfer, TransferSink } from "./transport.js";
import type { TransferTurns } from "./turns.js";

export interface TransferServerParts {
  readonly snapshots: HeldSnapshots;
  readonly history: Pick<ZoneHistory, "records">;
  readonly journal: Pick<Journal, "since">;
  readonly given: GivenVersions;
  readonly turns: TransferTurns;
  readonly report: TransferReport;
  /** Called when an allowed client asks. @param wastesZone whether it wants the whole zone although a difference would have done */
  readonly onAsked: (secondary: Secondary, wastesZone: boolean) => void;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** What can change while the server runs. */
export interface TransferSettings {
  readonly access: TransferAccess;
  readonly keys: TsigKeys;
  readonly maxTransferSeconds: number;
}

/** A query, and what its response repeats of it. */
interface Asked {
  readonly incoming: IncomingTransfer;
  readonly question: Pick<TransferQuestion, "questionEnd" | "edns" | "payload">;
  readonly signer: TsigSigner | undefined;
  readonly sink: TransferSink;
}

/** What a client asks for, and who it is. */
interface Wanted {
  readonly question: TransferQuestion;
  readonly secondary: Secondary;
}

const NO_RECORDS: Contents = inOrder([]);

/** Answers queries for zone transfers: AXFR (RFC 5936) and IXFR (RFC 1995). */
export class TransferServer {
  readonly #parts: TransferServerParts;
  readonly #message = new TransferMessage();
  /** Memory for one message that is sent at once. */
  readonly #memory = new Uint8Array(MAX_MESSAGE + SLACK);
  readonly #pool = new ChunkPool();
  readonly #refusals = new Refusals();
  #settings: TransferSettings;

  constructor(parts: TransferServerParts, settings: TransferSettings) {
    this.#parts = parts;
    this.#settings = settings;
  }

  configure(settings: TransferSettings): void {
    this.#settings = settings;
  }

  /** Answers a query, at once or when it is its turn. Returns `undefined` if the response is complete. */
  open(incoming: IncomingTransfer, sink: TransferSink): OpenTransfer | undefined {
    const { message } = incoming;
    const query = new Query();
    const question = readTransferQuery(message, query);
    const { questionEnd, opt } = query;
    const bare = { questionEnd, edns: opt.present, payload: opt.payload };
    const unsigned = { incoming, sink, signer: undefined };
    if (!question) return this.#fail({ ...unsigned, question: bare }, RCODE.FORMERR);
    const address = formatOctets(incoming.client);
    if (question.tsigAt < 0) return this.#answer({ ...unsigned, question }, wantedOf(question, address, undefined));
    const now = Math.floor(this.#parts.wallClock() / 1000);
    const check = checkTsig(message, message.length, question.tsigAt, this.#settings.keys, now);
    if (check.kind === "malformed") return this.#fail({ ...unsigned, question: bare }, RCODE.FORMERR);
    const signed = { incoming, sink, question, signer: check.signer };
    if (check.kind === "good") return this.#answer(signed, wantedOf(question, address, check.key.name));
    this.#parts.report.badSignature(check.error, address);
    return this.#fail(signed, RCODE.NOTAUTH);
  }

  #answer(asked: Asked, wanted: Wanted): OpenTransfer | undefined {
    const decision = this.#decide(asked, wanted);
    if (decision.kind === "error") return this.#refuse(asked, wanted, decision.rcode, decision.ede);
    this.#noteAsked(wanted);
    if (decision.kind === "soa") return this.#giveSoa(asked, wanted);
    return asked.incoming.isStream
      ? this.#inTurn(asked, wanted, decision)
      : this.#giveDatagram(asked, wanted, decision);
  }

  #decide({ incoming }: Asked, { question, secondary }: Wanted): Decision {
    const { client, isStream, isTrusted } = incoming;
    return decide(question, this.#zone(question.zone), {
      isAllowed: isTrusted && this.#settings.access.allows(client, secondary.key),
      isStream,
      hasVersion: (serial) => this.#parts.given.has(clientOf(secondary), serial),
    });
  }

  #zone(name: string): ZoneFacts | undefined {
    const { snapshots, history, journal } = this.#parts;
    const { ready } = snapshots.newest;
    const zone = snapshots.newest.zoneCalled(name);
    if (!zone) return undefined;
    const { serial, mname } = zone.apex.soa;
    return {
      serial,
      mname,
      isReady: ready,
      records: history.records(name),
      since: (from) => journal.since(name, from),
    };
  }

  #refuse(asked: Asked, { question, secondary }: Wanted, rcode: number, ede: number = NO_EDE): undefined {
    const zone = this.#zone(question.zone) && question.zone;
    this.#parts.report.refused(secondary.address, zone, kindOf(question), rcode);
    return this.#fail(asked, rcode, ede);
  }

  /** Answers with an error. Over a stream, those that only the client can be blamed for are answered so often, and no oftener. */
  #fail(asked: Asked, rcode: number, ede: number = NO_EDE): undefined {
    const { client, isStream } = asked.incoming;
    const isRefusal = isStream && rcode !== RCODE.SERVFAIL;
    if (isRefusal && !this.#refusals.mayAnswer(formatOctets(client), this.#parts.timers.now())) {
      asked.sink.broken();
      return;
    }
    asked.sink.messages(this.#only(this.#respond(asked, NO_RECORDS, rcode, ede)), true);
  }

  #giveSoa(asked: Asked, { secondary }: Wanted): undefined {
    const { snapshots, report } = this.#parts;
    const zone = zoneOf(snapshots.newest, secondary.zone);
    asked.sink.messages(this.#only(this.#respond(asked, recordsOf(soaOf(zone)))), true);
    report.upToDate(secondary, zone.apex.soa.serial);
  }

  /** A difference over UDP if it fits; the SOA alone if not: the client comes again over TCP (RFC 1995 §2). */
  #giveDatagram(asked: Asked, wanted: Wanted, decision: Decision): undefined {
    const { snapshots } = this.#parts;
    const zone = zoneOf(snapshots.newest, wanted.question.zone);
    if (decision.kind !== "ixfr") return this.#giveSoa(asked, wanted);
    const response = this.#respond(asked, changesOf(zone, decision.from, decision.difference));
    const octets = this.#only(response);
    if (!response.isComplete) return this.#giveSoa({ ...asked, signer: asked.signer?.anew() }, wanted);
    asked.sink.messages(octets, true);
    this.#given(wanted, { kind: "ixfr", serial: zone.apex.soa.serial, octets: octets.length, seconds: 0 });
  }

  #inTurn(asked: Asked, wanted: Wanted, decision: Decision): OpenTransfer {
    const { turns } = this.#parts;
    let running: RunningTransfer | undefined;
    let hasWaited = false;
    let isWaiting = true;
    const { address } = wanted.secondary;
    const begin = () => {
      isWaiting = false;
      // Since the query came, the zone or the configuration may have changed.
      running = this.#begin(asked, wanted, hasWaited ? this.#decide(asked, wanted) : decision);
    };
    const refuse = () => {
      isWaiting = false;
      this.#refuse(asked, wanted, RCODE.SERVFAIL, EDE.OTHER);
    };
    const leave = turns.ask(address, begin, refuse);
    hasWaited = true;
    return {
      more: () => running?.more(),
      done: () => running?.done(),
      ended: () => {
        leave();
        if (isWaiting) asked.sink.broken();
      },
      cancel: () => {
        leave();
        running?.cancel();
      },
      lost: () => {
        leave();
        running?.lost();
      },
    };
  }

  #begin(asked: Asked, wanted: Wanted, decision: Decision): RunningTransfer | undefined {
    const { snapshots, turns, report, timers } = this.#parts;
    const { secondary, question } = wanted;
    if (decision.kind === "error" || decision.kind === "soa") {
      turns.end(secondary.address);
      this.#answer(asked, wanted);
      return undefined;
    }
    const held = snapshots.hold();
    const zone = zoneOf(held.snapshot, question.zone);
    const { serial } = zone.apex.soa;
    const isWhole = decision.kind === "axfr";
    if (isWhole && decision.fallback) report.fallback(decision.fallback);
    const contents = isWhole
      ? wholeZone(held.snapshot, held.snapshot.zones.indexOf(zone))
      : changesOf(zone, decision.from, decision.difference);
    const transfer = new RunningTransfer({
      response: this.#respond(asked, contents),
      sink: asked.sink,
      pool: this.#pool,
      timers,
      maxMs: this.#settings.maxTransferSeconds * 1000,
      onEnd: (problem, octets, seconds) => {
        held.release();
        turns.end(secondary.address);
        if (problem === undefined) this.#given(wanted, { kind: decision.kind, serial, octets, seconds });
        else report.failed(secondary, decision.kind, problem);
      },
    });
    transfer.more();
    return transfer;
  }

  #noteAsked({ question: { type, zone }, secondary }: Wanted): void {
    const { report, journal, onAsked } = this.#parts;
    const serial = type === TYPE.AXFR ? report.serialOf(secondary, zone) : undefined;
    onAsked(secondary, serial !== undefined && journal.since(zone, serial) !== undefined);
  }

  /** The client has got a version completely. */
  #given({ secondary }: Wanted, ended: Parameters<TransferReport["done"]>[1]): void {
    this.#parts.given.note(clientOf(secondary), ended.serial);
    this.#parts.report.done(secondary, ended);
  }

  /** The only message of a response, with its length in front in a stream; the first one, if there are more. */
  #only(response: TransferResponse): Uint8Array {
    return this.#memory.slice(0, response.next(this.#memory));
  }

  #respond(
    { incoming, question, signer }: Asked,
    contents: Contents,
    rcode: number = RCODE.NOERROR,
    ede: number = NO_EDE,
  ): TransferResponse {
    const { message: query, isStream, limit } = incoming;
    const { questionEnd, edns, payload } = question;
    const largest = edns ? Math.max(MIN_UDP_PAYLOAD, Math.min(payload, limit)) : MIN_UDP_PAYLOAD;
    return new TransferResponse(this.#message, {
      query,
      questionEnd,
      contents,
      rcode,
      ede,
      edns,
      signer,
      isStream,
      limit: largest,
      clock: () => Math.floor(this.#parts.wallClock() / 1000),
    });
  }
}

function wantedOf(question: TransferQuestion, address: string, key: string | undefined): Wanted {
  return { question, secondary: { address, key, zone: question.zone } };
}

function kindOf({ type }: TransferQuestion): "axfr" | "ixfr" {
  return type === TYPE.AXFR ? "axfr" : "ixfr";
}

/** The zone with this name, which the snapshot has. */
function zoneOf(snapshot: Snapshot, name: string) {
  const zone = snapshot.zoneCalled(name);
  if (!zone) throw new Error(`there is no zone ${name}`);
  return zone;
}

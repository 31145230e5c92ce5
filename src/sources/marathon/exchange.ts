import type { Readable } from "node:stream";
import { type Dispatcher, Agent as HttpAgent } from "undici";
import { Deadline } from "../../base/deadline.js";
import { MesosDnsError } from "../../base/errors.js";
import type { Timers } from "../../base/timers.js";
import type { MarathonSetting } from "../../config/lb.js";
import { readBody } from "../http/body.js";
import { destroy, dump, REDIRECTS, Requests, type RequestTemplate } from "../http/requests.js";
import { parseHttpUrl } from "../http/url.js";
import { explainFailure, refusal } from "./failures.js";
import { createLogin, type Environment, readAuthorities } from "./login.js";
import { MarathonRequest } from "./request.js";
import { Room } from "./room.js";

const CONNECT_MS = 3_000;
/** A whole answer, redirects included. */
const ANSWER_MS = 46_000;
/** Octets of an answer: more than the largest Marathon has. */
const MAX_BYTES = 268_435_456;

export interface ExchangeParts {
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly env: Environment;
}

/** What is asked for, at any node. */
export interface Place {
  readonly path: string;
  readonly query: string;
  /** Whether a 404 is an empty answer. */
  readonly isOptional?: true;
}

export interface Answer {
  /** As it was sent, unpacked. */
  readonly body: Buffer;
  /** The node that was asked. */
  readonly url: string;
  /** The origin of the leader that answered. */
  readonly leader: string;
}

export interface MarathonStream {
  /** `text/event-stream`. Whoever stops reading before its end must destroy it. */
  readonly body: Readable;
  readonly leader: string;
}

/** One request and its answer, by any node of a Marathon, or by the leader that it names. */
export class MarathonExchange {
  readonly #timers: Timers;
  readonly #requests: Requests;

  /** Throws MesosDnsError CREDENTIALS_UNREADABLE. */
  constructor(setting: MarathonSetting, { timers, wallClock, env }: ExchangeParts) {
    const connect = { ...readAuthorities(setting), timeout: CONNECT_MS };
    const dispatcher = new HttpAgent({ connect, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
    this.#timers = timers;
    this.#requests = new Requests(dispatcher, createLogin(setting, env, { dispatcher, now: wallClock }));
  }

  /**
   * A whole answer, in memory of its own unless a room is given. Throws MesosDnsError MARATHON_UNREACHABLE, MARATHON_STATUS, MARATHON_INVALID or LOGIN_FAILED; or the signal's reason.
   */
  async fetch(
    url: string,
    place: Place,
    template: RequestTemplate,
    signal: AbortSignal,
    room: Room = new Room(),
  ): Promise<Answer> {
    const request = new MarathonRequest(url, place.path, place.query);
    const deadline = new Deadline(this.#timers, ANSWER_MS, signal);
    try {
      const response = await this.#follow(request, template, deadline.signal, place.isOptional);
      const body =
        response.statusCode === 404 ? NOTHING : await this.#read(response, request.who, deadline.signal, room);
      return { body, url, leader: leaderOf(response, request) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainFailure(error, request.who, deadline.expired ? ANSWER_MS : undefined);
    } finally {
      deadline.clear();
    }
  }

  /** A stream of events. `signal` ends it. Throws as fetch() does. */
  async stream(url: string, place: Place, template: RequestTemplate, signal: AbortSignal): Promise<MarathonStream> {
    const request = new MarathonRequest(url, place.path, place.query);
    // The deadline is for the beginning of the answer; the stream itself has none.
    const deadline = new Deadline(this.#timers, ANSWER_MS, signal);
    try {
      const response = await this.#follow(request, template, AbortSignal.any([signal, deadline.signal]));
      // Without a listener, the error that a destroyed body emits would end the process.
      response.body.on("error", () => {});
      const type = String(response.headers["content-type"] ?? "");
      if (type.toLowerCase().startsWith("text/event-stream"))
        return { body: response.body, leader: leaderOf(response, request) };
      response.body.destroy();
      throw new MesosDnsError(
        "MARATHON_INVALID",
        `${request.who} answered with content type "${type}" instead of events`,
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainFailure(error, request.who, deadline.expired ? ANSWER_MS : undefined);
    } finally {
      deadline.clear();
    }
  }

  /** Closes all connections. Requests in progress fail. */
  async close(): Promise<void> {
    await this.#requests.close();
  }

  /** The first response that is neither a redirect nor an error; with `mayLack`, a 404 is none. */
  async #follow(
    request: MarathonRequest,
    template: RequestTemplate,
    signal: AbortSignal,
    mayLack = false,
  ): Promise<Dispatcher.ResponseData> {
    for (;;) {
      const response = await this.#requests.send(request.url, template, signal);
      const { statusCode, headers, body } = response;
      if (DONE.has(statusCode)) return response;
      if (statusCode === 404 && mayLack) {
        dump(response, signal);
        return response;
      }
      if (!REDIRECTS.has(statusCode)) throw await refusal(request.who, statusCode, body);
      dump(response, signal);
      request.redirect(headers.location);
    }
  }

  async #read(
    { headers, body }: Dispatcher.ResponseData,
    who: string,
    signal: AbortSignal,
    room: Room,
  ): Promise<Buffer> {
    room.begin();
    const tooLarge = () =>
      new MesosDnsError("MARATHON_INVALID", `${who}: its answer has more than ${MAX_BYTES} octets`);
    const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
    try {
      if (!ENCODINGS.has(encoding))
        throw new MesosDnsError("MARATHON_INVALID", `${who}: its answer is packed with "${encoding}", unasked`);
      const gzip = encoding !== "identity";
      await readBody(body, { gzip, maxBytes: MAX_BYTES, tooLarge, signal, take: (part) => room.add(part) });
      return room.end();
    } catch (error) {
      destroy(body);
      throw error;
    }
  }
}

const NOTHING = Buffer.alloc(0);
const ENCODINGS: ReadonlySet<string> = new Set(["identity", "gzip", "x-gzip"]);
/** It is so, or it has been made. */
const DONE: ReadonlySet<number> = new Set([200, 201]);

/** Marathon names its leader in every answer, also where something stands in front of it. */
function leaderOf({ headers }: Dispatcher.ResponseData, { url }: MarathonRequest): string {
  const { "x-marathon-leader": named } = headers;
  return (typeof named === "string" && parseHttpUrl(named)?.origin) || url.origin;
}

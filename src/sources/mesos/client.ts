import type { Readable } from "node:stream";
import { type Dispatcher, Agent as HttpAgent } from "undici";
import { Deadline } from "../../base/deadline.js";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { HostPort } from "../../base/host-port.js";
import type { Timers } from "../../base/timers.js";
import type { ClusterConfig } from "../../config/config.js";
import { type BodyOptions, readBody } from "../http/body.js";
import { destroy, dump, REDIRECTS, Requests, type RequestTemplate } from "../http/requests.js";
import { createAuthorization } from "./auth.js";
import { explainFailure } from "./failures.js";
import { API_PATH, MasterRequest, OLD_STATE_PATH } from "./master-request.js";
import { readTlsFiles } from "./tls.js";

const CONNECT_TIMEOUT_MS = 10_000;
const JSON_TYPES: ReadonlySet<string> = new Set(["application/json", "text/json"]);
/** Status codes of masters without an operator stream, or without one for this principal. Mesos 1.0, which lacks SUBSCRIBE, answers 400. */
const UNSUPPORTED: ReadonlySet<number> = new Set([400, 403, 404, 405, 415, 501]);

const GET_STATE: RequestTemplate = {
  method: "GET",
  headers: { accept: "application/json", "accept-encoding": "gzip" },
};
const SUBSCRIBE: RequestTemplate = {
  method: "POST",
  headers: { accept: "application/json", "content-type": "application/json" },
  body: JSON.stringify({ type: "SUBSCRIBE" }),
  isStream: true,
};

/** Reads a body while it arrives. If it throws, the fetch fails with that error. */
export interface BodyReader<Content> {
  /** Takes the next part, and owns its memory from then on. */
  add(part: Uint8Array): void;
  /** Call this after the last part. */
  end(): Content;
}

/** A state, as its reader has read it. */
export interface StateAnswer<Content> {
  readonly content: Content;
  /** Size of the (decompressed) body. */
  readonly bytes: number;
  /** The master that answered: the one that was asked, or the one that it redirected to. */
  readonly from: HostPort;
}

/** An operator stream that has begun. */
export interface StreamAnswer {
  /** RecordIO, as it arrives. Whoever stops reading before its end must destroy it. */
  readonly body: Readable;
  /** The master that answered: the one that was asked, or the one that it redirected to. */
  readonly from: HostPort;
}

export interface MasterClientOptions {
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** Requests states and streams of events from Mesos masters over one connection pool, with the configured certificates and credentials. */
export class MasterClient {
  readonly #config: ClusterConfig;
  readonly #timers: Timers;
  readonly #requests: Requests;
  /** Masters (host:port) that are too old for STATE_PATH. */
  readonly #old = new Set<string>();

  /** Throws MesosDnsError CREDENTIALS_UNREADABLE. */
  constructor(config: ClusterConfig, { timers, wallClock }: MasterClientOptions) {
    this.#config = config;
    this.#timers = timers;
    const timeout = config.stateTimeoutSeconds * 1000;
    const dispatcher = new HttpAgent({
      connect: { ...readTlsFiles(config), timeout: Math.min(timeout, CONNECT_TIMEOUT_MS) },
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    this.#requests = new Requests(dispatcher, createAuthorization(config, { dispatcher, now: wallClock }));
  }

  /**
   * GET /master/state. The whole fetch, redirects included, may take stateTimeoutSeconds. Credentials follow a redirect,
   * because a master redirects only to a master; a redirect from https to http is refused.
   *
   * Throws MesosDnsError with a code MASTER_…, STATE_… or LOGIN_FAILED and a message that names the master, or the
   * signal's reason if `signal` is aborted.
   * @param reader receives the body; an error that it throws becomes such a MesosDnsError
   */
  async fetchState<Content>(
    master: HostPort,
    signal: AbortSignal,
    reader: BodyReader<Content>,
  ): Promise<StateAnswer<Content>> {
    const seconds = this.#config.stateTimeoutSeconds;
    const deadline = new Deadline(this.#timers, seconds * 1000, signal);
    const request = new MasterRequest(master, this.#config.mesosHTTPSOn);
    if (this.#old.has(request.url.host)) request.usePath(OLD_STATE_PATH);
    try {
      const response = await this.#follow(request, deadline.signal);
      const { who, from } = request;
      const take = (part: Uint8Array) => reading(who, () => reader.add(part));
      const bytes = await this.#read(response, { who, signal: deadline.signal, take });
      return { content: reading(who, () => reader.end()), bytes, from };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainFailure(error, request.who, deadline.expired ? seconds : undefined);
    } finally {
      deadline.clear();
    }
  }

  /**
   * POST /api/v1 SUBSCRIBE, with redirects and credentials as for a state. The stream does not end by itself: `signal` ends it.
   * The reader of the stream has to notice when the master falls silent.
   *
   * Throws as fetchState() does, and MesosDnsError STREAM_UNSUPPORTED if the master offers no stream.
   */
  async subscribe(master: HostPort, signal: AbortSignal): Promise<StreamAnswer> {
    const request = new MasterRequest(master, this.#config.mesosHTTPSOn, API_PATH);
    try {
      for (;;) {
        const response = await this.#requests.send(request.url, SUBSCRIBE, signal);
        const { statusCode, headers, body } = response;
        if (statusCode === 200) return this.#stream(headers, body, request);
        dump(response, signal);
        if (REDIRECTS.has(statusCode)) request.redirect(headers.location);
        else if (UNSUPPORTED.has(statusCode)) throw unsupported(request.who, statusCode);
        else throw refused(request.who, statusCode);
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainFailure(error, request.who, undefined);
    }
  }

  /** When the login expires, in milliseconds since 1970; `undefined` if that is not known. */
  get loginExpiresAt(): number | undefined {
    return this.#requests.loginExpiresAt;
  }

  /** Closes all connections. Requests in progress fail. */
  async close(): Promise<void> {
    await this.#requests.close();
  }

  /** The first 200 response, after following redirects and trying the other path. */
  async #follow(request: MasterRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    for (;;) {
      const response = await this.#requests.send(request.url, GET_STATE, signal);
      if (response.statusCode === 200) return response;
      dump(response, signal);
      if (REDIRECTS.has(response.statusCode)) request.redirect(response.headers.location);
      else if (response.statusCode === 404 && request.tryOtherPath()) this.#remember(request);
      else throw refused(request.who, response.statusCode);
    }
  }

  #stream(headers: Dispatcher.ResponseData["headers"], body: Readable, request: MasterRequest): StreamAnswer {
    // Without a listener, the error that a destroyed body emits would end the process.
    body.on("error", () => {});
    try {
      if (encodingOf(headers, request.who) === "identity") return { body, from: request.from };
      throw new MesosDnsError("STATE_CONTENT_TYPE", `${request.who} packed its stream, which was not asked for`);
    } catch (error) {
      body.destroy();
      throw error;
    }
  }

  #remember(request: MasterRequest): void {
    if (request.url.pathname === OLD_STATE_PATH) this.#old.add(request.url.host);
    else this.#old.delete(request.url.host);
  }

  /** Passes the body on part by part. @returns its size in bytes */
  async #read(response: Dispatcher.ResponseData, { who, ...how }: Reading): Promise<number> {
    const { body, headers } = response;
    const maxBytes = this.#config.stateMaxBytes;
    const tooLarge = () => {
      const message = `the state of ${who} is larger than ${maxBytes} bytes; if the cluster is that large, raise stateMaxBytes`;
      return new MesosDnsError("STATE_TOO_LARGE", message);
    };
    try {
      const encoding = encodingOf(headers, who);
      const announced = encoding === "identity" ? Number(headers["content-length"] ?? 0) : 0;
      if (announced > maxBytes) throw tooLarge();
      return await readBody(body, { ...how, gzip: encoding === "gzip", maxBytes, tooLarge });
    } catch (error) {
      destroy(body);
      throw error;
    }
  }
}

interface Reading extends Pick<BodyOptions, "signal" | "take"> {
  /** Names the master in errors. */
  readonly who: string;
}

/** Adds the name of the master to an error of its body's reader. */
function reading<Result>(who: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const code = error instanceof MesosDnsError ? error.code : "STATE_INVALID";
    throw new MesosDnsError(code, `${who}: ${messageOf(error)}`, { cause: error });
  }
}

/** Checks that the response is JSON, and in an encoding that this client can decode. */
function encodingOf(headers: Dispatcher.ResponseData["headers"], who: string): "gzip" | "identity" {
  const type = /^[^;\s]*/.exec(String(headers["content-type"] ?? "").toLowerCase())?.[0] ?? "";
  if (!JSON_TYPES.has(type)) {
    throw new MesosDnsError("STATE_CONTENT_TYPE", `${who} answered with content type "${type}" instead of JSON`);
  }
  const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
  if (encoding === "gzip" || encoding === "x-gzip") return "gzip";
  if (encoding === "identity") return "identity";
  throw new MesosDnsError("STATE_CONTENT_TYPE", `${who} answered in encoding "${encoding}", which was not asked for`);
}

const ADVICE: Readonly<Record<number, string>> = {
  401: "; check mesosAuthentication and the credentials",
  403: "; the principal may not read the state",
  404: "; is it a Mesos master?",
  503: ": it knows no leader or is still recovering",
};

function refused(who: string, status: number): MesosDnsError {
  return new MesosDnsError("MASTER_STATUS", `${who} answered ${status}${ADVICE[status] ?? ""}`);
}

function unsupported(who: string, status: number): MesosDnsError {
  return new MesosDnsError(
    "STREAM_UNSUPPORTED",
    `${who} has no event stream to give: it answered ${status} to SUBSCRIBE`,
  );
}

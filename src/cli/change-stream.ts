import { Agent } from "undici";
import { causeOf, MesosDnsError } from "../base/errors.js";
import { isObject, type JsonObject, jsonIn } from "../base/lenient.js";
import { delay, type Timers } from "../base/timers.js";
import { EventStreamReader } from "../sources/http/event-stream.js";

const PATH = "/v1/console/changes";
const CONTENT_TYPE = "text/event-stream";
/** Characters of one event. */
const MAX_EVENT = 1_000_000;
const PAUSE_MS = 1_000;
/** The stream has a comment each 15 s. */
const SILENCE_MS = 45_000;
/** What comes so long after the beginning says that a stream is there again: many a server begins one and falls silent. */
const STEADY_MS = 5_000;
/** The numbers that a server gives. Others are not told to it again. */
const ID = /^\d{1,16}$/;

export interface ChangeStreamParts {
  /** The server's. */
  readonly url: string;
  readonly timers: Timers;
  readonly onChange: (change: JsonObject) => void;
  /** Called with a line for whoever reads along: where it is followed, what is left out, and once that it is lost. */
  readonly say: (line: string) => void;
}

/** Follows a server's changes. A stream that is lost goes on where it was, as often as it is lost. */
export class ChangeStream {
  readonly #parts: ChangeStreamParts;
  /** The id of the last change; "" before there is one. */
  #last = "";
  #hasBegun = false;
  /** Whether a loss has been told, and no stream has been well since. */
  #isLost = false;

  constructor(parts: ChangeStreamParts) {
    this.#parts = parts;
  }

  /** @throws {MesosDnsError} SERVER_UNREACHABLE if there has been no stream at all */
  async follow(): Promise<never> {
    for (;;) {
      const why = await this.#read().catch((error: unknown) => {
        if (this.#hasBegun) return causeOf(error);
        throw error;
      });
      if (!this.#isLost) this.#parts.say(`${why}; it is tried again every second`);
      this.#isLost = true;
      await delay(this.#parts.timers, PAUSE_MS).elapsed;
    }
  }

  /** Reads one stream. Returns why it has ended. @throws {MesosDnsError} SERVER_UNREACHABLE */
  async #read(): Promise<string> {
    const { url, timers, say } = this.#parts;
    const end = new AbortController();
    // Unlike fetch, it asks at every port.
    const agent = new Agent();
    const hush = () => timers.after(SILENCE_MS, () => end.abort());
    let cancelSilence = hush();
    try {
      const body = await this.#open(agent, end.signal);
      if (!this.#hasBegun) say(`following ${url}`);
      this.#hasBegun = true;
      const begun = timers.now();
      const reader = new EventStreamReader(MAX_EVENT, (id) => this.#leaveOut(id));
      for await (const piece of body.setEncoding("utf8")) {
        cancelSilence();
        cancelSilence = hush();
        if (timers.now() - begun >= STEADY_MS) this.#isWell();
        for (const { id, data } of reader.add(piece)) this.#take(id, data);
      }
      return `${url} has ended its stream of changes`;
    } catch (error) {
      throw error instanceof MesosDnsError ? error : this.#failed(end.signal.aborted ? "silence" : causeOf(error));
    } finally {
      cancelSilence();
      await agent.destroy();
    }
  }

  async #open(agent: Agent, signal: AbortSignal) {
    const headers = { accept: CONTENT_TYPE, ...(this.#last !== "" && { "last-event-id": this.#last }) };
    const { origin, pathname } = new URL(`${this.#parts.url}${PATH}`);
    const answer = await agent.request({ origin, path: pathname, method: "GET", headers, signal });
    if (answer.statusCode !== 200) throw this.#failed(`status ${answer.statusCode}`);
    const type = String(answer.headers["content-type"] ?? "no type");
    if (type.split(";")[0]?.trim() === CONTENT_TYPE) return answer.body;
    throw this.#failed(`it answers with ${type}, which is no stream of events`);
  }

  #take(id: string, data: string): void {
    const change = jsonIn(data);
    if (!isObject(change)) return;
    this.#isWell();
    this.#goOnBehind(id);
    this.#parts.onChange(change);
  }

  #leaveOut(id: string): void {
    this.#goOnBehind(id);
    const which = ID.test(id) ? `the change ${id}` : "an event";
    this.#parts.say(`${which} is left out: it has more than ${MAX_EVENT} characters`);
  }

  #goOnBehind(id: string): void {
    if (ID.test(id)) this.#last = id;
  }

  #isWell(): void {
    if (this.#isLost) this.#parts.say(`following ${this.#parts.url}`);
    this.#isLost = false;
  }

  #failed(why: string): MesosDnsError {
    const advice =
      "--server URL says where the server's httpport is; the console has to be on (`console` in its configuration)";
    return new MesosDnsError("SERVER_UNREACHABLE", `no changes from ${this.#parts.url}: ${why}; ${advice}`);
  }
}

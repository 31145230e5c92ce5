import type { IncomingMessage, ServerResponse } from "node:http";
import type { Seat } from "../server.js";
import type { Waiters } from "../waiting/waiters.js";
import { answerTo, failure, GZIPPED, takesGzip } from "./answers.js";
import type { CatalogBoard, Topic } from "./board.js";
import { topicOf } from "./paths.js";
import { waitIn } from "./wait.js";

/** The used part of a request and its response, in HTTP/1.1 or HTTP/2. */
export type WaitRequest = Pick<IncomingMessage, "method" | "url" | "headers" | "httpVersionMajor" | "socket">;
export type WaitResponse = Pick<
  ServerResponse,
  "writeHead" | "end" | "once" | "destroyed" | "headersSent" | "writableEnded"
>;

export interface CatalogWaitsOptions {
  readonly board: CatalogBoard;
  readonly waiters: Waiters<Topic>;
  /** From 0 up to but not including 1. Determines how much longer than requested a request waits. */
  readonly random: () => number;
}

const CLOSING = { connection: "close" };
const RETRY = { "retry-after": "5" };
const NO_SEAT = "as many connections wait for news as there may be";

/**
 * Handles requests that wait for a change of the catalogue. One change may answer thousands of them, and their clients ask again at
 * once. So each costs little, and their responses share the same bytes.
 */
export class CatalogWaits {
  readonly #options: CatalogWaitsOptions;

  constructor(options: CatalogWaitsOptions) {
    this.#options = options;
  }

  /** Returns false, and does nothing, if the request does not wait or its parameters are wrong: then the routes respond. */
  handle(request: WaitRequest, response: WaitResponse, seat: Seat): boolean {
    const { method, url = "", headers, socket } = request;
    const { board, waiters, random } = this.#options;
    const mark = url.indexOf("?");
    if (mark < 0 || (method !== "GET" && method !== "HEAD") || board.state !== "ready") return false;
    const topic = topicOf(url.slice(0, mark));
    const wait = topic && waitIn(new URLSearchParams(url.slice(mark + 1)), random);
    if (!topic || typeof wait !== "object" || wait.above === undefined) return false;
    const { above, waitMs } = wait;
    const acceptsGzip = takesGzip(headers["accept-encoding"]);
    if (board.indexOf(topic) > above) {
      this.#send(request, response, topic, acceptsGzip);
      return true;
    }
    const address = socket.remoteAddress ?? "";
    const refusal = waiters.refusal(address) ?? (seat.take() ? undefined : NO_SEAT);
    if (refusal !== undefined) {
      const { status, headers, body } = failure(503, `${refusal}; ask again later, or without index`, RETRY);
      response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
      return true;
    }
    const answer = () => {
      seat.leave();
      this.#send(request, response, topic, acceptsGzip);
    };
    const leave = waiters.add({ topic, above, waitMs, address, answer });
    response.once("close", () => {
      leave();
      seat.leave();
    });
    return true;
  }

  #send(request: WaitRequest, response: WaitResponse, topic: Topic, acceptsGzip: boolean): void {
    const { status, headers, body, rendering } = answerTo(this.#options.board, topic);
    const send = (bytes: Buffer, more: Readonly<Record<string, string>> = {}) => {
      if (response.destroyed || response.writableEnded) return;
      const closing = this.#options.waiters.isClosed && request.httpVersionMajor === 1 ? CLOSING : {};
      response.writeHead(status, { ...headers, ...more, ...closing, "content-length": bytes.length }).end(bytes);
    };
    if (!acceptsGzip || !rendering?.isWorthGzipping) send(body);
    else if (rendering.readyGzipped) send(rendering.readyGzipped, GZIPPED);
    else {
      rendering.gzipped().then(
        (bytes) => send(bytes, GZIPPED),
        () => send(body),
      );
    }
  }
}

import type { Seat } from "../server.js";
import { answerOnNews, type WaitRequest, type WaitResponse, waitTarget } from "../waiting/news.js";
import type { Waiters } from "../waiting/waiters.js";
import { answerTo } from "./answers.js";
import type { CatalogBoard, Topic } from "./board.js";
import { topicOf } from "./paths.js";
import { waitIn } from "./wait.js";

export interface CatalogWaitsOptions {
  readonly board: CatalogBoard;
  readonly waiters: Waiters<Topic>;
  /** From 0 up to but not including 1. Determines how much longer than requested a request waits. */
  readonly random: () => number;
}

/** Handles requests that wait for a change of the catalogue. */
export class CatalogWaits {
  readonly #options: CatalogWaitsOptions;

  constructor(options: CatalogWaitsOptions) {
    this.#options = options;
  }

  /** Returns false, and does nothing, if the request does not wait or its parameters are wrong: then the routes respond. */
  handle(request: WaitRequest, response: WaitResponse, seat: Seat): boolean {
    const { board, waiters, random } = this.#options;
    const target = board.state === "ready" ? waitTarget(request) : undefined;
    const topic = target && topicOf(target.path);
    const wait = topic && waitIn(new URLSearchParams(target.query), random);
    if (!topic || typeof wait !== "object" || wait.above === undefined) return false;
    const { above, waitMs } = wait;
    const hasNews = board.indexOf(topic) > above;
    const answer = () => answerTo(board, topic);
    const wish = { topic, above, waitMs, hasNews, answer, parameter: "index" };
    answerOnNews({ request, response, seat }, waiters, wish);
    return true;
  }
}

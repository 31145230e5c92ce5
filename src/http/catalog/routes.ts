import type { ServerResponse } from "node:http";
import type { Context, Handler } from "hono";
import { seatOf } from "../seats.js";
import type { CatalogBoard, Topic } from "./board.js";
import type { Rendering } from "./renderings.js";
import { waitIn } from "./wait.js";
import type { Waiters } from "./waiters.js";

/** What the routes of the catalogue show and use. */
export interface CatalogContext {
  readonly board: CatalogBoard;
  readonly waiters: Waiters;
  /** From 0 up to but not including 1: how much longer than asked a request waits. */
  readonly random: () => number;
}

const INDEX_HEADER = "x-mesos-dns-index";
/** Tells the framework that the answer goes another way: a thousand that wait for the same are answered faster so. */
const ANSWERED_ELSEWHERE = { "x-hono-already-sent": "true" };

interface Answer {
  readonly status: 200 | 404 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Where it may be packed. */
  readonly rendering?: Rendering;
}

export function catalogRoutes(context: CatalogContext): [path: string, handler: Handler][] {
  const routes = new CatalogRoutes(context);
  return [
    ["/v1/catalog", (c) => routes.answer(c, { kind: "services" })],
    ["/v1/catalog/nodes", (c) => routes.answer(c, { kind: "nodes" })],
    [
      "/v1/catalog/services/:framework/:name",
      (c) => {
        const key = { framework: c.req.param("framework") ?? "", name: c.req.param("name") ?? "" };
        return routes.answer(c, { kind: "service", key });
      },
    ],
  ];
}

class CatalogRoutes {
  readonly #context: CatalogContext;

  constructor(context: CatalogContext) {
    this.#context = context;
  }

  async answer(c: Context, topic: Topic): Promise<Response> {
    const { board, random, waiters } = this.#context;
    const wait = board.state === "off" ? undefined : waitIn(new URL(c.req.url).searchParams, random);
    if (typeof wait === "string") return c.json({ error: wait }, 400);
    const packs = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
    const isWaiting = wait?.above !== undefined && board.state === "ready" && board.indexOf(topic) <= wait.above;
    if (!isWaiting || wait.above === undefined) return this.#respond(c, topic, packs);
    const { above, patience } = wait;
    const address = c.env?.incoming?.socket?.remoteAddress ?? "";
    const seat = c.env?.incoming && seatOf(c.env.incoming);
    const refusal = waiters.refusal(address) ?? (seat?.take() === false ? NO_SEAT : undefined);
    if (refusal) return c.json({ error: `${refusal}; ask again later, or without index` }, 503, { "retry-after": "5" });
    const { outgoing } = c.env ?? {};
    if (!outgoing) {
      await new Promise<void>((resolve) => waiters.add({ topic, above, patience, address, answer: resolve }));
      return this.#respond(c, topic, packs);
    }
    const answer = () => {
      seat?.leave();
      this.#send(outgoing, topic, packs);
    };
    const leave = waiters.add({ topic, above, patience, address, answer });
    outgoing.once("close", () => {
      leave();
      seat?.leave();
    });
    return new Response(null, { headers: ANSWERED_ELSEWHERE });
  }

  async #respond(c: Context, topic: Topic, packs: boolean): Promise<Response> {
    const { status, headers, rendering, body } = this.#answerTo(topic);
    if (!packs || !rendering?.isWorthPacking) return c.body(Uint8Array.from(body), status, headers);
    const packed = await rendering.packed();
    return c.body(Uint8Array.from(packed), status, { ...headers, ...PACKED });
  }

  #send(outgoing: ServerResponse, topic: Topic, packs: boolean): void {
    const answer = this.#answerTo(topic);
    const send = (body: Buffer, more: Readonly<Record<string, string>> = {}) => {
      if (outgoing.destroyed || outgoing.headersSent) return;
      const closing = this.#context.waiters.isClosed && outgoing.req.httpVersionMajor === 1 ? CLOSING : {};
      outgoing.writeHead(answer.status, { ...answer.headers, ...more, ...closing, "content-length": body.length });
      outgoing.end(body);
    };
    const { rendering } = answer;
    if (!packs || !rendering?.isWorthPacking) send(answer.body);
    else
      rendering.packed().then(
        (packed) => send(packed, PACKED),
        () => send(answer.body),
      );
  }

  #answerTo(topic: Topic): Answer {
    const { board } = this.#context;
    if (board.state === "off") return failure(404, 'no catalogue is kept: set "catalog" to true in the configuration');
    if (board.state === "empty") {
      return failure(503, "no state from a Mesos master yet; /readyz says why", { "retry-after": "1" });
    }
    const rendering = board.rendering(topic);
    const headers = { [INDEX_HEADER]: String(board.indexOf(topic)), vary: "accept-encoding" };
    if (rendering) return { status: 200, headers: { ...JSON_TYPE, ...headers }, body: rendering.body, rendering };
    return failure(404, "there is no such service; GET /v1/catalog lists those there are", headers);
  }
}

const JSON_TYPE = { "content-type": "application/json" };
const PACKED = { "content-encoding": "gzip" };
const CLOSING = { connection: "close" };
const NO_SEAT = "as many connections wait for news as there may be";

function failure(status: 404 | 503, error: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: Buffer.from(JSON.stringify({ error })) };
}

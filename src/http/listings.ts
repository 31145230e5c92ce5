import type { Context } from "hono";
import type { ApiContext } from "./context.js";
import { textStream } from "./stream.js";

/** Listings that are sent at one time: each holds the memory of a zone, and its client may take its time. */
const MAX_LISTINGS = 8;

/** Sends answers of any size, as fast as their clients take them, a few at a time. */
export class Listings {
  readonly #context: Pick<ApiContext, "log">;
  #open = 0;

  constructor(context: Pick<ApiContext, "log">) {
    this.#context = context;
  }

  async send(c: Context, open: () => AsyncIterable<string>): Promise<Response> {
    const headers = { "content-type": "application/json" };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    if (this.#open >= MAX_LISTINGS) {
      const error = `${MAX_LISTINGS} listings are being sent, which is as many as there may be; ask again when one has ended`;
      return c.json({ error }, 503, { "retry-after": "1" });
    }
    this.#open++;
    const path = c.req.path;
    const body = await textStream({
      source: open(),
      onError: (error) => this.#context.log.error({ err: error, path }, "an HTTP answer broke off"),
      onEnd: () => {
        this.#open--;
      },
      gone: goneSignal(c),
    });
    return c.body(body, 200, headers);
  }
}

/**
 * Aborted when the connection of the request has gone. Of requests that wait behind others on a connection, nobody else says so: the
 * answers to them have not begun.
 */
function goneSignal(c: Context): AbortSignal {
  const gone = new AbortController();
  const incoming = c.env?.incoming;
  // HTTP/2 has a stream for each request.
  const carrier = incoming?.stream ?? incoming?.socket;
  if (!carrier) return gone.signal;
  const abort = () => gone.abort();
  if (carrier.destroyed) abort();
  else {
    carrier.once("close", abort);
    c.env.outgoing?.once("close", () => carrier.off("close", abort));
  }
  return gone.signal;
}

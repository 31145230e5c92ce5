import type { Context } from "hono";
import { carrierOf } from "./carrier.js";
import { clientOf } from "./client.js";
import type { ApiContext } from "./context.js";
import { ListingPace } from "./listing-pace.js";
import { textStream } from "./stream.js";

/** How many listings may be sent at a time: each holds the memory of a zone, and its client may be slow. */
const MAX_LISTINGS = 8;
/** How many of them may go to one address. Leaves room for others. */
const MAX_PER_ADDRESS = 2;

type ListingsContext = Pick<ApiContext, "log" | "proxies" | "timers">;

/** Sends response bodies of any size as fast as their clients take them. Only a few are sent at a time. */
export class Listings {
  readonly #context: ListingsContext;
  #open = 0;
  readonly #byAddress = new Map<string, number>();

  constructor(context: ListingsContext) {
    this.#context = context;
  }

  async send(c: Context, open: () => AsyncIterable<string>): Promise<Response> {
    const headers = { "content-type": "application/json" };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const { log, proxies, timers } = this.#context;
    const { client } = clientOf(c, proxies());
    const error = this.#reasonAgainst(client);
    if (error !== undefined) return c.json({ error }, 503, { "retry-after": "1" });
    this.#count(client, 1);
    const { path } = c.req;
    const { gone, cut } = carrierOf(c);
    const pace = new ListingPace(timers, cut);
    const body = await textStream({
      source: open(),
      onError: (error) => log.error({ err: error, path }, "an HTTP answer broke off"),
      onEnd: () => {
        pace.stop();
        this.#count(client, -1);
      },
      gone,
      pace,
    });
    return c.body(body, 200, headers);
  }

  #reasonAgainst(client: string): string | undefined {
    const advice = "which is as many as there may be; ask again when one has ended";
    if (this.#open >= MAX_LISTINGS) return `${MAX_LISTINGS} listings are being sent, ${advice}`;
    if ((this.#byAddress.get(client) ?? 0) < MAX_PER_ADDRESS) return undefined;
    return `${MAX_PER_ADDRESS} listings are being sent to this address, ${advice}`;
  }

  #count(client: string, change: 1 | -1): void {
    this.#open += change;
    const own = (this.#byAddress.get(client) ?? 0) + change;
    if (own === 0) this.#byAddress.delete(client);
    else this.#byAddress.set(client, own);
  }
}

import type { Context } from "hono";

/** What a request has come by. */
export interface Carrier {
  /** Aborted when the request's connection, or its HTTP/2 stream, closes. Nothing else reports that before the response has begun. */
  readonly gone: AbortSignal;
  /** Closes it. */
  readonly cut: () => void;
}

export function carrierOf(c: Context): Carrier {
  const gone = new AbortController();
  const incoming = c.env?.incoming;
  // In HTTP/2 each request has its own stream.
  const carrier = incoming?.stream ?? incoming?.socket;
  const abort = () => gone.abort();
  if (!carrier) return { gone: gone.signal, cut: abort };
  if (carrier.destroyed) abort();
  else {
    carrier.once("close", abort);
    c.env.outgoing?.once("close", () => carrier.off("close", abort));
  }
  return { gone: gone.signal, cut: () => carrier.destroy() };
}

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, createGzip, gzip } from "node:zlib";
import type { Timers } from "../../base/timers.js";
import { GZIPPED, takesGzip, VARY } from "../waiting/answers.js";
import type { ConsulAnswer } from "./endpoint.js";
import { indented } from "./pretty.js";
import type { Turns } from "./turns.js";

/** Compressing a smaller body would save no packet. */
const MIN_GZIP_BYTES = 1_400;
/** Milliseconds that a client may take to read an answer. */
const MAX_SENDING_MS = 60_000;
const QUICKLY = { level: constants.Z_BEST_SPEED };

const compress = promisify(gzip);

const TYPES: Readonly<Record<ConsulAnswer["type"], Readonly<Record<string, string>>>> = {
  json: { "content-type": "application/json" },
  text: { "content-type": "text/plain; charset=utf-8" },
  // What somebody has stored is nothing that a browser should look into.
  raw: { "content-type": "text/plain", "x-content-type-options": "nosniff", "content-security-policy": "sandbox" },
};

export interface ReplyOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly isPretty: boolean;
  readonly timers: Pick<Timers, "after">;
  /** Shared by all answers. */
  readonly turns: Turns;
}

/** Sends an answer; a long one piece by piece, as the client takes it. Never rejects. */
export async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: ConsulAnswer,
  { headers, isPretty, timers, turns }: ReplyOptions,
): Promise<void> {
  if (response.destroyed || response.writableEnded) return;
  const cancel = timers.after(MAX_SENDING_MS, () => response.destroy());
  response.once("close", cancel);
  const isGzip = takesGzip(request.headers["accept-encoding"]);
  const whole = { ...TYPES[answer.type], ...(answer.type !== "raw" && VARY), ...headers };
  try {
    const { rendering } = answer;
    if (isPretty && answer.type === "json")
      await sendPieces(response, {
        status: answer.status,
        headers: whole,
        pieces: indented(answer.body),
        isGzip,
        turns,
      });
    else if (rendering) {
      const isSmaller = isGzip && rendering.isWorthGzipping;
      const body = isSmaller ? await rendering.gzipped() : rendering.body;
      send(response, answer.status, isSmaller ? { ...whole, ...GZIPPED } : whole, body);
    } else if (Array.isArray(answer.body)) {
      const body = Buffer.concat(answer.body.map((chunk: string | Buffer) => Buffer.from(chunk as string)));
      const isSmaller = isGzip && answer.type !== "raw" && body.length >= MIN_GZIP_BYTES;
      if (isSmaller) send(response, answer.status, { ...whole, ...GZIPPED }, await compress(body, QUICKLY));
      else send(response, answer.status, whole, body);
    } else await sendPieces(response, { status: answer.status, headers: whole, pieces: answer.body, isGzip, turns });
  } catch {
    // The client sees the body break off.
    response.destroy();
  }
}

type Headers = Readonly<Record<string, string>>;

function send(response: ServerResponse, status: number, headers: Headers, body: Buffer): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
}

interface Piecewise {
  readonly status: number;
  readonly headers: Headers;
  readonly pieces: Iterable<string | Buffer>;
  readonly isGzip: boolean;
  readonly turns: Turns;
}

/** Yields to the event loop after each piece, so that a long answer does not hold up others. */
async function sendPieces(
  response: ServerResponse,
  { status, headers, pieces, isGzip, turns }: Piecewise,
): Promise<void> {
  response.writeHead(status, isGzip ? { ...headers, ...GZIPPED } : headers);
  const packer = isGzip ? createGzip(QUICKLY) : undefined;
  packer?.pipe(response);
  const sink = packer ?? response;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  for (const piece of pieces) {
    if (gone.signal.aborted) break;
    if (!sink.write(piece)) await once(sink, "drain", { signal: gone.signal });
    await turns.next();
  }
  sink.end();
}

import { setImmediate } from "node:timers/promises";
import type { ListingPace } from "./listing-pace.js";

/** Yields to the event loop after each chunk, so that a long response does not hold up others. */
export async function* politely(chunks: Iterable<string>): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    await setImmediate();
  }
}

export interface TextStreamParts {
  readonly source: AsyncIterable<string>;
  /** Called with errors after the first chunk. The client sees the body break off. */
  readonly onError: (error: unknown) => void;
  /** Called once, when the source is no longer read, whatever the reason. */
  readonly onEnd: () => void;
  /** Aborted when the connection closes. The body may not even have been read from by then. */
  readonly gone: AbortSignal;
  /** Told how much the client is given, and when it has taken it. */
  readonly pace: Pick<ListingPace, "given" | "taken">;
}

/**
 * A body of UTF-8 text. It takes a chunk from the source only when the client has taken the one before, and tells the source when
 * the client has left. The first chunk is taken here: an error before it rejects, so that the caller can still send an error
 * response.
 */
export async function textStream({
  source,
  onError,
  onEnd,
  gone,
  pace,
}: TextStreamParts): Promise<ReadableStream<Uint8Array>> {
  const chunks = source[Symbol.asyncIterator]();
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    gone.removeEventListener("abort", leave);
    onEnd();
  };
  const leave = async () => {
    if (hasEnded) return;
    end();
    // If the generator is running, this takes effect after its current chunk.
    await chunks.return?.().catch(onError);
  };
  let first: IteratorResult<string> | undefined;
  try {
    first = await chunks.next();
  } catch (error) {
    end();
    throw error;
  }
  gone.addEventListener("abort", leave);
  if (gone.aborted) leave();
  // Start the clock now: the client may never begin to read.
  else pace.given(0);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pace.taken();
        try {
          const { done, value } = first ?? (await chunks.next());
          first = undefined;
          // The client has left, and the controller may be closed.
          if (hasEnded) return;
          if (done) {
            end();
            controller.close();
          } else {
            const chunk = Buffer.from(value);
            pace.given(chunk.length);
            controller.enqueue(chunk);
          }
        } catch (error) {
          if (hasEnded) return;
          end();
          onError(error);
          controller.error(new Error("the answer broke off")); // this message may reach the client
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

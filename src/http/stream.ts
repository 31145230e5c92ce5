import { setImmediate } from "node:timers/promises";
import type { ListingPace } from "./listing-pace.js";

/** Lets everything else that waits have its turn after each chunk, so that a long answer holds up no other. */
export async function* politely(chunks: Iterable<string>): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    await setImmediate();
  }
}

export interface TextStreamParts {
  readonly source: AsyncIterable<string>;
  /** Told what goes wrong after the first chunk; the client sees the body break off. */
  readonly onError: (error: unknown) => void;
  /** Told once when nothing more will be read of the source, whatever the reason. */
  readonly onEnd: () => void;
  /** Aborted when the connection has gone: whoever was to read the body may never have begun to. */
  readonly gone: AbortSignal;
  /** Told what the client has to take, and when it has taken it. */
  readonly pace: Pick<ListingPace, "given" | "taken">;
}

/**
 * A body of UTF-8 text that asks for a chunk only when the client has taken the one before, and tells the source when
 * the client is gone. It is begun here: what goes wrong before the first chunk rejects, and can still become an answer
 * of its own.
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
    // Of a generator that is being asked, this takes effect behind that question.
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
  // Whoever asked may never begin to read.
  else pace.given(0);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pace.taken();
        try {
          const { done, value } = first ?? (await chunks.next());
          first = undefined;
          // Nobody reads any more, and the controller may be closed.
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

import { setImmediate } from "node:timers/promises";

/** Lets everything else that waits have its turn after each chunk, so that a long answer holds up no other. */
export async function* politely(chunks: Iterable<string>): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    await setImmediate();
  }
}

/**
 * A body of UTF-8 text that asks for a chunk only when the client has taken the one before, and tells the source when
 * the client is gone. It is begun here: what goes wrong before the first chunk rejects, and can still become an answer
 * of its own. What goes wrong later is given to `onError`, and the client sees the body break off.
 */
export async function textStream(
  source: AsyncIterable<string>,
  onError: (error: unknown) => void,
): Promise<ReadableStream<Uint8Array>> {
  const chunks = source[Symbol.asyncIterator]();
  let first: IteratorResult<string> | undefined = await chunks.next();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = first ?? (await chunks.next());
          first = undefined;
          if (done) controller.close();
          else controller.enqueue(Buffer.from(value));
        } catch (error) {
          onError(error);
          controller.error(new Error("the answer broke off")); // this message may reach the client
        }
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

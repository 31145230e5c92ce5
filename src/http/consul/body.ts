import type { IncomingMessage, ServerResponse } from "node:http";

/** The body of a request; "too large" if it has more octets than that, `undefined` if it broke off. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
): Promise<Buffer | "too large" | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.resolve("too large");
  // The client waits for this before it sends anything.
  if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else resolve("too large");
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("close", () => resolve(undefined));
  });
}

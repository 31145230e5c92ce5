import type { Context } from "hono";

/** The body of a request, up to just over this size in octets; `undefined` if it broke off. */
export async function readBody(c: Context, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of c.req.raw.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) break;
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

/** The media type of the body in lower case, without parameters; "" if the client names none. */
export function mediaTypeOf(c: Context): string {
  return c.req.header("content-type")?.split(";", 1)[0].trim().toLowerCase() ?? "";
}

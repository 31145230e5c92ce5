import { request } from "undici";
import type { OpenEvents } from "./server-source.js";

/** Characters of a body that is no stream. */
const MAX_REASON = 200;

/** Asks a real server for its stream. */
export const openEvents: OpenEvents = async (url, headers, signal) => {
  const { statusCode, body } = await request(url, { headers, signal, bodyTimeout: 0 });
  body.setEncoding("utf8");
  return { status: statusCode, pieces: body, reason: () => beginningOf(body) };
};

async function beginningOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) {
    text += piece;
    if (text.length >= MAX_REASON) break;
  }
  return text.slice(0, MAX_REASON).trim();
}

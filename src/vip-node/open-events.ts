import { Agent } from "undici";
import type { OpenEvents } from "./server-source.js";

/** Characters of a body that is no stream. */
const MAX_REASON = 200;

/** A stream may be silent for as long as its reader bears. */
const agent = new Agent({ bodyTimeout: 0 });

/** Asks a real server for its stream. */
export const openEvents: OpenEvents = async (url, headers, signal) => {
  const { origin, pathname } = new URL(url);
  const { statusCode, body } = await agent.request({ origin, path: pathname, method: "GET", headers, signal });
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

import type { OptRecord } from "../wire/edns.js";
import type { MessageWriter } from "./message-writer.js";
import type { AnswerPolicy } from "./policy.js";
import type { Request } from "./request.js";

/**
 * Sets the answer's options that depend on the query's options only.
 *
 * @param asked the query's OPT record
 * @param clock seconds since the epoch
 * @returns whether the query has a valid server cookie
 */
export function beginOpt(
  writer: MessageWriter,
  asked: OptRecord,
  { message, client, channel }: Request,
  { cookies, identity }: AnswerPolicy,
  clock: () => number,
): boolean {
  const reply = writer.opt;
  let trusted = false;
  if (cookies && asked.cookieAt >= 0) {
    trusted = cookies.answer(message, asked.cookieAt, asked.cookieLength, client.octets, clock());
    reply.cookie = cookies.cookie;
  }
  if (asked.keepalive) reply.keepalive = channel.keepalive;
  if (asked.nsid) reply.setNsid(identity.id, writer.room);
  reply.padded = asked.padding && channel.encrypted;
  return trusted;
}

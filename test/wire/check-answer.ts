import packet from "dns-packet";
import { expect } from "vitest";
import { type Answerer, DROP } from "../../src/answer/answer.js";
import { DATAGRAM, requestOf, STREAM } from "../support/zone.js";

const GUARD = 0xa5;
const out = new Uint8Array(65_535 + 16);

/** Answers a message and checks the properties that must hold for every message. */
export function checkAnswerOf(answerer: Answerer, message: Uint8Array, stream: boolean): number {
  out.fill(GUARD, 0, 2048);
  const length = answerer.answer(requestOf(message, { out, channel: stream ? STREAM : DATAGRAM }));
  const isQuery = message.length >= 12 && (message[2] & 0x80) === 0;
  if (!isQuery) {
    expect(length).toBe(DROP);
    return length;
  }
  if (length < DROP) return length;
  expect(length).toBeGreaterThanOrEqual(12);
  const { opt, questionEnd } = answerer.query;
  const limit = stream ? 65_535 : opt.present ? Math.max(512, Math.min(opt.payload, 1232)) : 512;
  expect(length).toBeLessThanOrEqual(limit);
  // Behind the answer there may be records that have not fitted as a whole; behind the limit there is nothing.
  if (limit < 2048) expect(out[limit]).toBe(GUARD);
  expect([out[0], out[1]]).toEqual([message[0], message[1]]);
  expect(out[2] & 0x80).toBe(0x80);
  expect(Buffer.compare(out.subarray(12, questionEnd), message.subarray(12, questionEnd))).toBe(0);
  const decoded = packet.decode(Buffer.from(out.subarray(0, length)));
  expect(decoded.id).toBe((message[0] << 8) | message[1]);
  return length;
}

/**
 * Asks for names that do not exist yet, every few milliseconds, and notes when each does. A process of its own: one that holds the state
 * of a large cluster stops for half a second at a time to collect garbage.
 *
 * It is sent `{ port }` first, then `{ expect: name }` for each name, and `{ stop: seconds }` at the end: it waits so long for what is
 * still missing, and answers with `{ delays, missing }` in milliseconds.
 */
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { question } from "./client.mjs";

const ASK_MS = 5;
/** Where many changes are awaited they are asked for in turn, so that the asking is no load of its own. */
const ASKED_AT_ONCE = 20;

const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
const waiting = new Map();
const delays = [];
let port = 0;
let next = 1;

socket.on("message", (reply) => {
  const entry = waiting.get(reply.readUInt16BE(0));
  if (!entry || (reply[3] & 15) !== 0) return;
  waiting.delete(reply.readUInt16BE(0));
  delays.push(performance.now() - entry.since);
});
setInterval(() => {
  for (const [id, entry] of [...waiting].slice(0, ASKED_AT_ONCE)) {
    socket.send(entry.message, port, "127.0.0.1");
    waiting.delete(id);
    waiting.set(id, entry);
  }
}, ASK_MS);

process.on("message", async (message) => {
  if (message.port) port = message.port;
  if (message.expect) {
    const id = next++ & 0xffff;
    waiting.set(id, { message: question(message.expect, "A", id), since: performance.now() });
  }
  if (message.stop === undefined) return;
  const deadline = performance.now() + message.stop * 1000;
  while (waiting.size > 0 && performance.now() < deadline) await sleep(20);
  process.send({ delays, missing: waiting.size }, () => process.exit());
});

/**
 * A process of its own: clients that each read a stream of events over a connection of their own.
 *
 * It is given the port, how many clients there are, and the path. It goes on until it is sent something, and answers with what was heard.
 */
import { createConnection } from "node:net";
import { now } from "./waiters.mjs";

const [port, count, path] = process.argv.slice(2);
const END = Buffer.from("\n\n");
const heard = { waiter: [], tag: [], at: [], octets: 0, failures: 0 };
const sockets = [];
let isOver = false;
let inside = 0;

function read(number) {
  const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
  sockets.push(socket);
  const pieces = [];
  let isIn = false;
  socket.on("connect", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`));
  socket.on("data", (chunk) => {
    heard.octets += chunk.length;
    pieces.push(chunk);
    // Only the end of a piece can be that of an event: the first one, with the whole table, comes in many.
    if (!chunk.subarray(-2).equals(END)) return;
    const text = Buffer.concat(pieces.splice(0)).toString("latin1");
    const at = now();
    for (const [, tag] of text.matchAll(/^id: (.*)$/gm)) {
      heard.waiter.push(number);
      heard.tag.push(tag);
      heard.at.push(at);
    }
    if (!isIn) {
      isIn = true;
      begin();
      if (++inside === Number(count)) process.send("all");
    }
  });
  socket.on("error", () => heard.failures++);
  socket.on("close", () => {
    if (!isOver) heard.failures++;
  });
}

/** A few at a time: all at once would be more strangers than are let in. */
const ABREAST = 50;
let begun = 0;
const begin = () => {
  if (begun < Number(count)) read(begun++);
};
for (let i = 0; i < ABREAST; i++) begin();
process.on("message", () => {
  isOver = true;
  process.send(heard, () => process.exit(0));
});

/**
 * A process of its own: clients that each read a stream of events over a connection of their own.
 *
 * It is given the port, how many clients there are, and the path. It goes on until it is sent something, and answers with what was heard.
 */
import { createConnection } from "node:net";
import { now } from "./waiters.mjs";

const [port, count, path] = process.argv.slice(2);
const heard = { waiter: [], tag: [], at: [], octets: 0, failures: 0 };
const sockets = [];
let isOver = false;

function read(number) {
  const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
  sockets.push(socket);
  let text = "";
  let isIn = false;
  socket.on("connect", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`));
  socket.on("data", (chunk) => {
    heard.octets += chunk.length;
    text += chunk.toString("latin1");
    const end = text.lastIndexOf("\n\n");
    if (end < 0) return;
    const at = now();
    for (const [, tag] of text.slice(0, end).matchAll(/^id: (.*)$/gm)) {
      heard.waiter.push(number);
      heard.tag.push(tag);
      heard.at.push(at);
      if (!isIn) {
        isIn = true;
        begin();
      }
    }
    text = text.slice(end + 2);
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

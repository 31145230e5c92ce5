/**
 * A process of its own: clients that each read a stream of events over a connection of their own.
 *
 * It is given the port, how many clients there are, and the path. It goes on until it is sent something, and answers with what was heard.
 */
import { createConnection } from "node:net";
import { runCrowd } from "./crowd.mjs";
import { now } from "./waiters.mjs";

const [port, count, path] = process.argv.slice(2);
const END = Buffer.from("\n\n");

function read(number, crowd, onFirst) {
  const { heard } = crowd;
  const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
  const pieces = [];
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
    onFirst();
  });
  socket.on("error", () => heard.failures++);
  socket.on("close", () => {
    if (!crowd.isOver) heard.failures++;
  });
}

runCrowd(Number(count), read);

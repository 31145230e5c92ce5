/**
 * A process of its own: clients that wait for another version of a list, each over a connection of its own.
 *
 * It is given the port, how many clients there are, and the list as `startWaiters` takes it. It goes on until it is sent something, and
 * answers with what was heard.
 */
import { createConnection } from "node:net";
import { now } from "./waiters.mjs";

const [port, count, list] = process.argv.slice(2);
const { path, parameter, header, first, good } = JSON.parse(list);
const TAG = new RegExp(`^${header}: (.*)$`, "im");
const heard = { waiter: [], tag: [], at: [], octets: 0, failures: 0 };
let isOver = false;
let inside = 0;

function wait(number) {
  const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let tag = first;
  let missing = -1;
  let head = "";
  let isIn = false;
  const ask = () =>
    socket.write(
      `GET ${path}?wait=60s&${parameter}=${encodeURIComponent(tag)} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`,
    );
  const done = () => {
    heard.waiter.push(number);
    heard.tag.push(tag);
    heard.at.push(now());
    missing = -1;
    if (!isOver) ask();
    if (!isIn) {
      isIn = true;
      begin();
      if (++inside === Number(count)) process.send("all");
    }
  };
  socket.on("data", (chunk) => {
    heard.octets += chunk.length;
    if (missing < 0) {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!good.some((status) => head.startsWith(`HTTP/1.1 ${status}`))) heard.failures++;
      tag = TAG.exec(head)?.[1].trim() ?? first;
      missing = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) - (head.length - end - 4);
      head = "";
    } else missing -= chunk.length;
    if (missing === 0) done();
  });
  socket.on("connect", ask);
  socket.on("error", () => heard.failures++);
  socket.on("close", () => {
    if (!isOver) heard.failures++;
  });
}

/** A few at a time: all at once would be more strangers than are let in. */
const ABREAST = 50;
let begun = 0;
const begin = () => {
  if (begun < Number(count)) wait(begun++);
};
for (let i = 0; i < ABREAST; i++) begin();
process.on("message", () => {
  isOver = true;
  process.send(heard, () => process.exit(0));
});

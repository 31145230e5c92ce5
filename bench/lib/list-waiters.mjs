/**
 * A process of its own: clients that wait for another version of a list, each over a connection of its own.
 *
 * It is given the port, how many clients there are, and the list as `startWaiters` takes it. It goes on until it is sent something, and
 * answers with what was heard.
 */
import { createConnection } from "node:net";
import { runCrowd } from "./crowd.mjs";
import { now } from "./waiters.mjs";

const [port, count, list] = process.argv.slice(2);
const { path, parameter, header, first, good } = JSON.parse(list);
const TAG = new RegExp(`^${header}: (.*)$`, "im");

function wait(number, crowd, onFirst) {
  const { heard } = crowd;
  const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let tag = first;
  let missing = -1;
  let head = "";
  const ask = () =>
    socket.write(
      `GET ${path}?wait=60s&${parameter}=${encodeURIComponent(tag)} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`,
    );
  const done = () => {
    heard.waiter.push(number);
    heard.tag.push(tag);
    heard.at.push(now());
    missing = -1;
    if (!crowd.isOver) ask();
    onFirst();
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
    if (!crowd.isOver) heard.failures++;
  });
}

runCrowd(Number(count), wait);

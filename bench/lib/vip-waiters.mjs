/** A process of its own: a thousand nodes that wait for another list of virtual addresses, each over a connection of its own. */
import { createConnection } from "node:net";

const [port, count] = process.argv.slice(2);
const now = () => performance.timeOrigin + performance.now();
const heard = { waiter: [], etag: [], at: [], octets: 0, failures: 0 };
let isOver = false;

function wait(number) {
  const socket = createConnection({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let etag = "";
  let missing = -1;
  let head = "";
  let isIn = false;
  const ask = () =>
    socket.write(
      `GET /v1/vips?wait=60s&etag=${encodeURIComponent(etag)} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`,
    );
  const done = () => {
    heard.waiter.push(number);
    heard.etag.push(etag);
    heard.at.push(now());
    missing = -1;
    if (!isOver) ask();
    if (!isIn) {
      isIn = true;
      begin();
    }
  };
  socket.on("data", (chunk) => {
    heard.octets += chunk.length;
    if (missing < 0) {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!head.startsWith("HTTP/1.1 200") && !head.startsWith("HTTP/1.1 304")) heard.failures++;
      etag = /^etag: (.*)$/im.exec(head)?.[1].trim() ?? "";
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

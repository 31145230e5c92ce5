/** A process of its own that asks at a steady rate, so that nothing but the server delays the answers. */
import { createSocket } from "node:dgram";
import { question } from "./client.mjs";

const TIMEOUT_MS = 2000;

process.on("message", async ({ port, entries, perSecond, seconds }) => {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
  await new Promise((resolve) => socket.connect(port, "127.0.0.1", resolve));
  const sent = new Float64Array(65_536);
  const times = [];
  const rcodes = {};
  socket.on("message", (reply) => {
    times.push(performance.now() - sent[(reply[0] << 8) | reply[1]]);
    rcodes[reply[3] & 15] = (rcodes[reply[3] & 15] ?? 0) + 1;
  });
  const messages = entries.map(([name, type]) => question(name, type));
  const total = seconds * perSecond;
  const start = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond));
    for (; count < due; count++) {
      const message = Buffer.from(messages[count % messages.length]);
      message.writeUInt16BE(count & 0xffff, 0);
      sent[count & 0xffff] = performance.now();
      socket.send(message);
    }
    if (count < total) return;
    clearInterval(timer);
    setTimeout(() => {
      socket.close();
      process.send({ sorted: times.sort((a, b) => a - b), lost: total - times.length, rcodes }, () => process.exit(0));
    }, TIMEOUT_MS);
  }, 1);
});

/**
 * A process of its own: requests at a steady rate, half of them over connections that are kept, and connections that are held and used all
 * the time. It is given `{ port, tcp, rate }`, and tells what it has counted when it is asked.
 */
import { Agent, request } from "node:http";
import { connect } from "node:net";

const HELD = 10;
const HELD_MS = 200;
const TIMEOUT_MS = 5_000;
const kept = new Agent({ keepAlive: true, maxSockets: 32 });
const counts = { good: 0, failed: 0, cut: 0, resent: 0, problems: {} };
let isOver = false;

function fail(problem) {
  counts.failed++;
  counts.problems[problem] = (counts.problems[problem] ?? 0) + 1;
}

function ask(port, agent) {
  const asked = request({ host: "127.0.0.1", port, agent, timeout: TIMEOUT_MS }, (response) => {
    response.resume();
    response.on("end", () => (response.statusCode === 200 ? counts.good++ : fail(response.statusCode)));
    response.on("error", (error) => fail(error.code));
  });
  asked.on("timeout", () => asked.destroy(new Error("timeout")));
  // A connection that is kept may end while a request is on its way: clients send it again, as all that keep connections do.
  asked.on("error", (error) => {
    if (!asked.reusedSocket || error.code !== "ECONNRESET") return fail(error.code ?? error.message);
    counts.resent++;
    ask(port, false);
  });
  asked.end();
}

function hold(port) {
  const socket = connect({ host: "127.0.0.1", port });
  const timer = setInterval(() => socket.write("x"), HELD_MS);
  socket.resume();
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearInterval(timer);
    if (!isOver) counts.cut++;
  });
}

process.on("message", (message) => {
  if (message === "counts") {
    process.send(counts);
    return;
  }
  if (message === "end") {
    isOver = true;
    process.exit(0);
  }
  const { port, tcp, rate } = message;
  for (let i = 0; i < HELD; i++) hold(tcp);
  let sent = 0;
  const started = performance.now();
  setInterval(() => {
    const due = ((performance.now() - started) / 1000) * rate;
    for (; sent < due; sent++) ask(port, sent % 2 === 0 ? kept : false);
  }, 5);
});

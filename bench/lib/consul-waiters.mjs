/** Many clients of Consul's API in one process, each waiting for a service of its own: `consul-waiters.mjs PORT SERVICES`, the latter as JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { now } from "./waiters.mjs";

const [port, services] = [process.argv[2], JSON.parse(process.argv[3])];
const dispatcher = new Agent({ connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
/** The ids of tasks that came after the start. */
const FRESH = /fresh-\d+\.bench/g;

const heard = { what: [], at: [], answers: 0, failures: 0, octets: 0 };
let isOver = false;
let ready = 0;

async function follow(service) {
  let index = 0;
  let known = new Set();
  while (!isOver) {
    try {
      const url = `http://127.0.0.1:${port}/v1/health/service/${service}?passing=1&index=${index}&wait=60s`;
      const { statusCode, headers, body } = await request(url, { dispatcher });
      const text = await body.text();
      const at = now();
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      heard.octets += text.length;
      if (index === 0 && ++ready === services.length) process.send("all");
      else if (index !== 0) heard.answers++;
      index = Number(headers["x-consul-index"]);
      const there = new Set(text.match(FRESH) ?? []);
      for (const id of there) if (!known.has(id)) note(`+${id}`, at);
      for (const id of known) if (!there.has(id)) note(`-${id}`, at);
      known = there;
    } catch {
      if (!isOver) heard.failures++;
    }
  }
}

function note(what, at) {
  heard.what.push(what);
  heard.at.push(at);
}

// A client may have 128 connections beside those that wait.
for (const service of services) {
  void follow(service);
  await sleep(2);
}
process.on("message", (message) => {
  if (message !== "stop") return;
  isOver = true;
  process.send(heard, () => process.exit(0));
});

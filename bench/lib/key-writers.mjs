/** Clients that write keys as fast as they are answered: `key-writers.mjs PORT CLIENTS SECONDS`. */
import { Agent, request } from "undici";

const [port, clients, seconds] = process.argv.slice(2).map(Number);
const dispatcher = new Agent({ connections: null, pipelining: 1 });
const end = performance.now() + seconds * 1_000;
const times = [];

async function write(client) {
  for (let i = 0; performance.now() < end; i++) {
    const began = performance.now();
    const url = `http://127.0.0.1:${port}/v1/kv/bench/${client}/${i % 100}`;
    const { statusCode, body } = await request(url, { method: "PUT", body: `value ${i}`, dispatcher });
    if (statusCode !== 200 || (await body.text()) !== "true") throw new Error(`a write was refused: ${statusCode}`);
    times.push(performance.now() - began);
  }
}

await Promise.all(Array.from({ length: clients }, (_, client) => write(client)));
process.send({ times, perSecond: times.length / seconds }, () => process.exit(0));

/**
 * A client as a process of its own, which looks a name up at every request, through a resolver, and asks the address that it gets: in
 * turn for each of some names. It sends what came of each request.
 */
import { Resolver } from "node:dns/promises";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [dnsPort, httpPort, ...names] = process.argv.slice(2);
const EVERY_MS = 25;
const PATIENCE_MS = 1_000;
const resolver = new Resolver({ timeout: 1_000, tries: 1 });
resolver.setServers([`127.0.0.1:${dnsPort}`]);

const agentless = { agent: false, port: Number(httpPort), path: "/" };

function request(host) {
  return new Promise((resolve, reject) => {
    const asked = get({ ...agentless, host, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      response.resume().once("end", resolve).once("error", reject);
    });
    asked.once("error", reject);
  });
}

async function once(name) {
  const startedAt = Date.now();
  let address;
  try {
    [address] = await resolver.resolve4(name);
    await request(address);
    process.send({ at: startedAt, name, address, ok: true });
  } catch (error) {
    process.send({ at: startedAt, name, address, ok: false, error: error.code ?? error.message });
  }
}

for (let turn = 0; ; turn = (turn + 1) % names.length) {
  void once(names[turn]);
  await sleep(EVERY_MS);
}

/** What requests notice while services change: nothing, it is hoped. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startLb } from "./lb-run.mjs";
import { appOf, startMarathon, taskOf } from "./marathon.mjs";
import { MARATHON_LB_MISSING, startMarathonLb } from "./marathon-lb.mjs";
import { round, table } from "./report.mjs";
import { freePort } from "./server.mjs";
import { wrk } from "./wrk.mjs";

const SERVERS = 60;
const RATE = 500;
const HOST = "127.0.0.1";
const RELOAD = { coalesceMs: 50, minIntervalSeconds: 0 };
const PEER_CHANGES = 100;
const FAST_CHANGES = 100;

/** @param changes how many changes of membership, ten a second; the other parts take as long as they take */
export async function loadSection(changes) {
  const columns = ["what changes", "changes", "requests", "failed", "sent again", "held connections cut", "reloads"];
  const { parts, fast } = await loadOf((marathon) => startLb(marathon, { reload: RELOAD }), changes);
  const peer = MARATHON_LB_MISSING ? [] : (await loadOf(startMarathonLb, Math.min(changes, PEER_CHANGES))).parts;
  return [
    "## Requests while services change",
    `${RATE} requests a second, half of them over connections that are kept, to one service through HAProxy; ten connections to another service are held and used. A request over a kept connection that has ended in the meantime is sent again, as clients do.`,
    table(columns, parts),
    `The first of these once more, with wrk as fast as it goes over eight kept connections: ${fast}.`,
    ...(peer.length > 0
      ? ["The same with marathon-lb, which reloads HAProxy for each change:", table(columns, peer)]
      : []),
  ].join("\n\n");
}

async function loadOf(start, changes) {
  const servers = fork(new URL("lb-servers.mjs", import.meta.url), [String(SERVERS)]);
  const [{ ports, echo }] = await once(servers, "message");
  const [port, tcp, ...more] = await Promise.all(Array.from({ length: 30 }, freePort));
  const labels = { HAPROXY_0_MODE: "http", HAPROXY_0_VHOST: "www.example.com" };
  const web = appOf("/web", port, [], labels);
  const apps = [
    web,
    appOf("/echo", tcp, [[HOST, echo]]),
    ...more.map((at, index) => appOf(`/more-${index}`, at, [[HOST, ports[index]]])),
  ];
  let next = 0;
  const fresh = () => taskOf("/web", HOST, ports[next % SERVERS], next++);
  web.tasks = Array.from({ length: 5 }, fresh);
  const marathon = await startMarathon(apps);
  const lb = await start(marathon);
  await lb.settled(apps.length);
  const client = fork(new URL("lb-client.mjs", import.meta.url));
  client.send({ port, tcp, rate: RATE });
  await sleep(2_000);
  const parts = [];
  const part = async (name, work) => {
    const [before, reloads] = [await countsOf(client), await reloadsOf(lb)];
    const done = await work();
    await sleep(1_500);
    const after = await countsOf(client);
    const problems = JSON.stringify(after.problems);
    parts.push([
      name,
      done,
      round(after.good - before.good),
      after.failed - before.failed,
      after.resent - before.resent,
      after.cut - before.cut,
      (await reloadsOf(lb)) - reloads,
    ]);
    if (after.failed > before.failed) process.stderr.write(`${name}: ${problems}\n`);
  };
  const tell = async (ms = 100) => {
    marathon.tell(0);
    await sleep(ms);
  };
  await part("a task comes, another one goes", async () => {
    for (let change = 0; change < changes; change++) {
      web.tasks = [...web.tasks.slice(1), fresh()];
      await tell();
    }
    return changes;
  });
  await part("scaled from 5 to 50 and back to 1, at once", async () => {
    for (const count of [50, 1, 30, 5]) {
      web.tasks = Array.from({ length: count }, (_, index) => web.tasks[index] ?? fresh());
      await tell(2_000);
    }
    return 4;
  });
  await part("a rolling upgrade, one task at a time", async () => {
    for (let index = 0; index < 20; index++) {
      web.tasks = [...web.tasks, fresh()];
      await tell(200);
      web.tasks = web.tasks.slice(1);
      await tell(200);
    }
    return 20;
  });
  await part("other services come and go: reloads", async () => {
    for (let index = 0; index < 20; index++) {
      apps[2 + index].labels.HAPROXY_0_VHOST = `more-${index}.example.com`;
      apps[2 + index].labels.HAPROXY_0_PATH = "/x";
      marathon.tell(2 + index);
      await sleep(500);
    }
    return 20;
  });
  const fast = await wrk(`http://${HOST}:${port}/`, async () => {
    for (let change = 0; change < Math.min(changes, FAST_CHANGES); change++) {
      web.tasks = [...web.tasks.slice(1), fresh()];
      await tell();
    }
  });
  client.send("end");
  await lb.stop();
  marathon.stop();
  servers.disconnect();
  return { parts, fast };
}

async function countsOf(client) {
  client.send("counts");
  const [counts] = await once(client, "message");
  return counts;
}

function reloadsOf(lb) {
  return lb.metric("mesos_dns_lb_reloads_total");
}

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask, startTarget } from "../support/haproxy-plane.js";
import { taskAdded } from "../support/operator-api.js";
import { ScriptedMaster } from "../support/scripted-master.js";
import { runProgram, Server } from "../support/server.js";
import { type Instance, stateOf, VipsRun } from "../support/vip-node.js";
import { until } from "../support/wait.js";

/** What goes wrong around a node: its servers, its masters, and what it is told. */

const RANGE = "127.11.10.0-127.11.10.254";
const ADDRESSES = { "web.marathon": "127.11.10.80", "other.marathon": "127.11.10.81" };
const WEB = { address: "127.11.10.80", port: 8080 };
const AT = `${WEB.address}:${WEB.port}`;
const vips = { ipv4Range: RANGE, addresses: ADDRESSES, lingerSeconds: 2 };
const at = ({ ip, port }: { readonly ip: string; readonly port: number }): Instance => ({ ip, port, vip: "/web:8080" });

async function startMaster(...instances: readonly Instance[]): Promise<ScriptedMaster> {
  const master = await ScriptedMaster.start();
  onTestFinished(() => master.stop());
  master.leadWithEvents(stateOf(instances));
  return master;
}

async function startNode(own: object, other: object = {}): Promise<VipsRun> {
  const node = await VipsRun.start({ ...vips, ...own }, other);
  onTestFinished(() => node.end());
  return node;
}

/** A server of which a test says what it answers. */
async function startScripted(): Promise<{
  origin: string;
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}> {
  const scripted = { origin: "", answer: (_: IncomingMessage, response: ServerResponse) => void response.end() };
  const server = createServer((request, response) => scripted.answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  scripted.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return scripted;
}

test("a server that is none, has nothing yet or talks nonsense is named with what it said, and costs no connection", async () => {
  const a = await startTarget("a", "127.0.33.1");
  const server = await startScripted();
  const backend = [{ ip: a.ip, port: a.port, weight: 1, agent: a.ip }];
  const entry = { vip: "web.marathon.l4lb.thisdcos.directory:8080", address: WEB.address, protocol: "tcp", backend };
  const event = `event: all\nid: "1"\ndata: ${JSON.stringify({ services: { web: entry }, gone: [] })}\n\n`;
  server.answer = (_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(event);
  const node = await startNode({ servers: [server.origin] });
  await node.carries(AT, "open", 1);
  const answers: readonly (readonly [trouble: RegExp, status: number, body: string])[] = [
    [/: status 404: nothing is here$/, 404, "nothing is here"],
    [/: status 503: no state yet$/, 503, "no state yet"],
    [/: it has ended the stream$/, 200, "<html>It works!</html>\n\n"],
    [/: Unexpected token/, 200, "data: <html>\n\n"],
    [/: an event without services$/, 200, "data: {}\n\n"],
    [/: /, 200, "data: null\n\n"],
  ];
  for (const [trouble, status, body] of answers) {
    server.answer = (_, response) => void response.writeHead(status).end(body);
    await node.stop();
    await node.again();
    await until(String(trouble), async () => trouble.test((await node.status()).table.trouble ?? ""));
    expect(await ask(WEB)).toBe("a");
  }
  const { code, stdout } = await node.command("status");
  expect(code).toBe(1);
  expect(stdout).toContain("! the table is not followed, and what there is stays: http://127.0.0.1:");
});

test("the next server is followed when the first one dies, and no connection is lost", async () => {
  const [a, b] = [await startTarget("a", "127.0.33.1"), await startTarget("b", "127.0.33.2")];
  const master = await startMaster(at(a));
  const config = { masters: [master.address], refreshSeconds: 1, maxShrink: 100, vips: { names: true, ...vips } };
  const [first, second] = [await Server.start(config), await Server.start(config)];
  onTestFinished(() => second.stop());
  const origins = [first, second].map(({ httpPort }) => `http://127.0.0.1:${httpPort}`);
  const node = await startNode({ servers: origins });
  await node.carries(AT, "open", 1);
  expect((await node.status()).table.from).toBe(origins[0]);
  let isOver = false;
  const asking = (async () => {
    const seen = new Set<string>();
    while (!isOver) seen.add(await ask(WEB));
    return seen;
  })();
  await first.kill();
  await until("the second server", async () => (await node.status()).table.from === origins[1]);
  expect((await node.status()).table.trouble).toBeNull();
  const state = stateOf([at(a), at(b)]);
  master.leadWithEvents(state);
  await node.carries(AT, "open", 2);
  isOver = true;
  expect([...(await asking)].filter((name) => name !== "a" && name !== "b")).toEqual([]);
});

test("a node that follows the master itself hears of a task at once, without any server", async () => {
  const [a, b] = [await startTarget("a", "127.0.33.1"), await startTarget("b", "127.0.33.2")];
  const both = stateOf([at(a), { ...at(b), state: "TASK_STAGING" }]);
  const master = await ScriptedMaster.start();
  onTestFinished(() => master.stop());
  master.leadWithEvents(both);
  const node = await startNode({ source: "mesos" }, { masters: [master.address], refreshSeconds: 10 });
  await node.carries(AT, "open", 1);
  await until("the stream", () => master.subscribers.count === 1);
  const running = stateOf([at(a), at(b)]);
  const [{ tasks }] = running.frameworks as readonly { tasks: readonly never[] }[];
  const said = performance.now();
  master.subscribers.say(taskAdded(tasks[1]));
  master.lead(running);
  await node.carries(AT, "open", 2);
  expect(performance.now() - said).toBeLessThan(2_000);
  expect((await node.status()).table).toMatchObject({ from: "the Mesos masters", trouble: null });
  await master.stop();
  await until("its loss", async () => (await node.status()).table.trouble !== null);
  expect((await node.status()).table.trouble).toContain(master.address);
  expect(["a", "b"]).toContain(await ask(WEB));
});

test("what would be done is told before anything was ever started, and nothing is done", async () => {
  const a = await startTarget("a", "127.0.33.1");
  const master = await startMaster(at(a));
  const { run, runDir } = withConfig({ vips: { ...vips, source: "mesos" }, masters: [master.address] });
  expect(await run("plan")).toMatchObject({
    status: 0,
    stdout: `add-service tcp:${AT} ${a.ip}:${a.port} weight 1\n`,
  });
  await expect(ask(WEB)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(existsSync(runDir)).toBe(false);
});

test("each fault of a command says what to do", async () => {
  const server = await startScripted();
  const taken = new URL(server.origin).host;
  const { run } = withConfig({ vips: { servers: [server.origin], statusListener: taken } });
  const none = withConfig({ vips: { dataPlane: "none", servers: [server.origin] } });
  for (const words of [[], ["walk"]])
    expect(await run(...words)).toMatchObject({
      status: 1,
      stderr: "mesos-dns: vips needs one of run, plan, status, clear; see mesos-dns --help\n",
    });
  for (const action of ["run", "plan", "clear"])
    expect(await none.run(action)).toMatchObject({
      status: 1,
      stderr: 'mesos-dns: vips.dataPlane is "none": set it to "haproxy" or "nftables"\n',
    });
  expect(await run("run")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(`^mesos-dns: vips.statusListener: HTTP ${taken} is in use: `),
  });
});

/** Commands with a configuration of which nothing runs. */
function withConfig({ vips: own, ...other }: { readonly vips: object; readonly masters?: readonly string[] }) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-vips-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "config.json");
  const runDir = join(folder, "run");
  writeFileSync(file, JSON.stringify({ vips: { runDir, ...own }, ...other }));
  return { runDir, run: (...words: string[]) => runProgram("vips", ...words, "-config", file) };
}

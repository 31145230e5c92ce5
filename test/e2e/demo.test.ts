import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DemoRun, startDemo, started } from "../support/demo.js";
import { decode, encodeQuery, lines, type Message } from "../support/dns.js";

let folder: string;
let demos: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-test-"));
  demos = [];
});
afterEach(() => {
  for (const demo of demos) demo.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const run = (dnsPort: number, httpPort: number) =>
  start(["--dns-port", String(dnsPort), "--http-port", String(httpPort)]);

function start(args: readonly string[]): DemoRun {
  const started = startDemo(args, folder);
  demos.push(started.demo);
  return started;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

async function ask(port: number, name: string, type: string): Promise<Message> {
  const socket = createSocket("udp4");
  try {
    const answered = once(socket, "message");
    socket.send(encodeQuery(name, { type }), port, "127.0.0.1");
    const [answer] = await answered;
    return decode(answer as Buffer);
  } finally {
    socket.close();
  }
}

/** Ids of the processes that `pid` started, where the system says so. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number) : [];
}

it("answers for its tasks, and stops on SIGTERM with nothing left behind", async () => {
  const [dnsPort, httpPort] = [await freePort(), await freePort()];
  const running = run(dnsPort, httpPort);
  await started(running);

  const web = await ask(dnsPort, "web.marathon.mesos", "A");
  expect(web.rcode).toBe("NOERROR");
  expect(lines(web.answers)[0]).toMatch(/^web\.marathon\.mesos 5 A 192\.0\.2\.1[1-4]$/);
  const grpc = await ask(dnsPort, "_grpc._api._tcp.marathon.mesos", "SRV");
  expect(lines(grpc.answers)[0]).toMatch(/ SRV 0 1 9090 api-\w{5}-s\d\.marathon\.mesos$/);
  const api = await ask(dnsPort, "api.marathon.mesos", "AAAA");
  expect(lines(api.answers)[0]).toMatch(/ AAAA 2001:db8::/);
  const rows = await fetch(`http://127.0.0.1:${httpPort}/v1/services/_ingest._tcp.chronos.mesos.`);
  expect(await rows.json()).toEqual([expect.objectContaining({ service: "_ingest._tcp.chronos.mesos." })]);
  expect(running.output()).toContain(`dig @127.0.0.1 -p ${dnsPort} web.marathon.mesos`);

  const [url = ""] = /http:\/\/127\.11\.\d+\.\d+:8080\//.exec(running.output()) ?? [];
  const hello = async () => (await fetch(url, { headers: { connection: "close" } })).text();
  let said = await hello().catch(() => "");
  while (said === "") {
    await new Promise((resolve) => setTimeout(resolve, 50));
    said = await hello().catch(() => "");
  }
  expect(said).toMatch(/^hello\.[0-9a-f]{8}-[0-9a-f]{4} says hello from 127\.12\.0\.\d+:8080\n$/);

  const children = childrenOf(running.demo.pid ?? 0);
  const asked = performance.now();
  running.demo.kill("SIGTERM");
  expect((await running.exited)[0]).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5_000);
  for (const child of children) expect(() => process.kill(child, 0)).toThrow("ESRCH");
  expect(readdirSync(folder)).toEqual([]);
  await expect(hello()).rejects.toThrow("fetch failed");
});

it.each(["dns", "http"])("says in one sentence that its %s port is in use, and exits 1", async (taken) => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const port = (holder.address() as { port: number }).port;
  const free = await freePort();
  const { exited, output } = taken === "dns" ? run(port, free) : run(free, port);
  expect((await exited)[0]).toBe(1);
  expect(output()).toMatch(
    new RegExp(`^demo: (TCP|HTTP) 127.0.0.1:${port} is in use: .* npm run demo -- --dns-port PORT --http-port PORT\n$`),
  );
  expect(readdirSync(folder)).toEqual([]);
  holder.close();
});

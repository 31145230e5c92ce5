import { spawn } from "node:child_process";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { agent, cluster, framework, task } from "../support/scripted-master.js";
import { PROGRAM, type Server } from "../support/server.js";
import { until } from "../support/wait.js";

const EVENTS = { "content-type": "text/event-stream" };
const urlOf = (server: Server) => `http://127.0.0.1:${server.httpPort}`;
const eventOf = (id: number, text: string) =>
  `id: ${id}\nevent: change\ndata: ${JSON.stringify({ id, at: "2023-11-14T22:13:20.000Z", kind: "leader", text })}\n\n`;
/** A master that lacks most of its tasks is believed at once. */
const BELIEVED = { refreshSeconds: 1, maxShrink: 100 };

/** `mesos-dns tail`, and what it has printed. */
function startTail(url: string, ...words: string[]) {
  const child = spawn(process.execPath, [PROGRAM, "tail", "--server", url, ...words], { stdio: "pipe" });
  onTestFinished(() => void child.kill());
  const lines: string[] = [];
  const complaints: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => complaints.push(line));
  const told = (pattern: RegExp) => until(String(pattern), () => lines.some((line) => pattern.test(line)), 15_000);
  return { child, lines, complaints, told };
}

type Turn = (response: http.ServerResponse, request: http.IncomingMessage) => void;

/** A server that answers its first reader as the first of these, and so on; all others as the last one. */
const startStream = (...turns: Turn[]) => startStreamAt(0, ...turns);

async function startStreamAt(port: number, ...turns: Turn[]) {
  const places: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    places.push(request.headers["last-event-id"]?.toString());
    turns[Math.min(places.length, turns.length) - 1]?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, places };
}

const says =
  (...events: string[]): Turn =>
  (response) => {
    response.writeHead(200, EVENTS);
    response.write(events.join(""));
  };

test("tail prints changes as they happen, and goes on when the server comes back", async () => {
  const master = await startMaster(webAt("203.0.113.1"));
  const tail = startTail(urlOf(await startServer([master], BELIEVED)));
  let turns = 0;
  const change = setInterval(() => master.lead(webAt("203.0.113.1", `203.0.113.${2 + (++turns % 200)}`)), 1_500);
  onTestFinished(() => clearInterval(change));
  await tail.told(/^\d{4}-\d\d-\d\dT.* web\S* of marathon runs on /);
  await tail.told(/ends|ended|moved/);
});

test("tail says which kinds of changes there are, and waits for no other", async () => {
  const { code, stderr } = await runCommand(process.execPath, [PROGRAM, "tail", "--kind", "task-strated"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no kind of change is called "task-strated"; there are task-started, task-ended, /);
});

test("tail tells of tasks with endless names and with control characters, as JSON that can be read", async () => {
  const tasksNamed = (...names: string[]) =>
    cluster({
      agents: [agent("S0")],
      frameworks: [
        framework("marathon", {
          tasks: names.map((name, i) => task(name, { id: `task.${i}`, agent: "S0", ip: "203.0.113.1" })),
        }),
      ],
    });
  const master = await startMaster(tasksNamed("first"));
  const server = await startServer([master], BELIEVED);
  const tail = startTail(urlOf(server), "--json", "--kind", "task-started");
  await until("the cluster", async () => (await server.json<{ isLoaded: boolean }>("/v1/console/tasks")).isLoaded);
  master.lead(tasksNamed("first", "x".repeat(400_000), "a\u007fb\u009bc", "last"));
  await tail.told(/"last of marathon/);
  const changes = tail.lines.map((line) => JSON.parse(line));
  expect(tail.complaints).toEqual([expect.stringMatching(/^mesos-dns: following /)]);
  expect(changes.map(({ task }) => task)).toEqual(expect.arrayContaining(["task.1", "task.2"]));
  for (const line of tail.lines) expect(line.length).toBeLessThan(10_000);
  expect(changes.find(({ task }) => task === "task.2").service).toBe("a\u007fb\u009bc");
});

test("tail leaves out an event that is too long, says so once, and goes on behind it", async () => {
  const { url, places } = await startStream(
    says(eventOf(1, "one"), eventOf(2, "x".repeat(2_400_000)), eventOf(3, "three")),
  );
  const tail = startTail(url);
  await tail.told(/ three$/);
  expect(tail.lines.map((line) => line.split(" ").at(-1))).toEqual(["one", "three"]);
  expect(tail.complaints.slice(1)).toEqual([
    "mesos-dns: the change 2 is left out: it has more than 1000000 characters",
  ]);
  expect(places).toEqual([undefined]);
});

test("tail survives servers that break off, that talk nonsense and that end at once, and tells it once", async () => {
  const { url, places } = await startStream(
    (response) => {
      says(eventOf(1, "one"), "id: 2\nevent: change\nda")(response, response.req);
      setTimeout(() => response.destroy(), 100);
    },
    (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>another program</p>"),
    (response) => void response.writeHead(503).end(),
    (response) => void response.writeHead(200, EVENTS).end(),
    (response) => void response.writeHead(200, EVENTS).end("\u0000\ufffd\n\nid: ä€\ndata: {\n\ndata: 7\n\n"),
    (_, request) => void request.socket.end("\u0000nonsense"),
    says(eventOf(2, "two")),
  );
  const tail = startTail(url);
  await tail.told(/ two$/);
  expect(tail.lines.map((line) => line.split(" ").at(-1))).toEqual(["one", "two"]);
  expect(places).toEqual([undefined, ...Array.from({ length: 6 }, () => "1")]);
  await until("word of the stream", () => tail.complaints.length === 3);
  expect(tail.complaints).toEqual([
    `mesos-dns: following ${url}`,
    expect.stringMatching(/no changes from .*; it is tried again every second$/),
    `mesos-dns: following ${url}`,
  ]);
});

test("tail waits for a server whose stream ends before it has told anything, and asks no other program again", async () => {
  const { url } = await startStream((response) => void response.writeHead(200, EVENTS).end(), says(eventOf(1, "one")));
  await startTail(url).told(/ one$/);
  const page = await startStream((response) => void response.writeHead(200, { "content-type": "text/html" }).end("x"));
  const { code, stderr } = await runCommand(process.execPath, [PROGRAM, "tail", "--server", page.url]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no changes from .*: it answers with text\/html, which is no stream of events/);
});

test("tail reaches a server at a port that browsers refuse", async () => {
  const { url } = await startStreamAt(6_566, says(eventOf(1, "one")));
  await startTail(url).told(/ one$/);
});

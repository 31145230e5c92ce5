import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ChangeStream } from "../../../src/cli/change-stream.js";
import { ManualTimers } from "../../support/timers.js";
import { until } from "../../support/wait.js";

/** A stream of a server that answers each of its readers in this way. */
async function startStream(answer: (response: http.ServerResponse) => void) {
  const readers: http.ServerResponse[] = [];
  const server = http.createServer((_, response) => {
    readers.push(response);
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const timers = new ManualTimers();
  const said: string[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stream = new ChangeStream({ url, timers, onChange: () => undefined, say: (line) => void said.push(line) });
  const end = stream.follow().catch((error: unknown) => String(error));
  return { timers, readers, said, end, url };
}

const EVENTS = { "content-type": "text/event-stream; charset=utf-8" };

test("a stream that falls silent is asked for again each second behind its silence, which is told once", async () => {
  const { timers, readers, said, url } = await startStream((response) =>
    response.writeHead(200, EVENTS).flushHeaders(),
  );
  await until("the stream", () => said.length === 1);
  for (let round = 1; round <= 3; round++) {
    await timers.advance(45_000);
    await until("the pause", () => said.length === 2 && timers.pending === 1);
    await timers.advance(1_000);
    await until("the next reader", () => readers.length === round + 1);
  }
  expect(said[1]).toMatch(/: silence; .*; it is tried again every second$/);
  await timers.advance(15_000);
  readers.at(-1)?.write(":\n\n");
  await until("word of the stream", () => said.length === 3);
  expect(said[2]).toBe(`following ${url}`);
});

test("a server that never answers the first question is given up", async () => {
  const { timers, readers, end } = await startStream(() => undefined);
  await until("the question", () => readers.length === 1);
  await timers.advance(45_000);
  expect(await end).toMatch(/no changes from .*: silence; /);
});

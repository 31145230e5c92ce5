import { expect, onTestFinished, test } from "vitest";
import { QueryLogCounts } from "../../../src/query-log/counts.js";
import { LogWriter } from "../../../src/query-log/log-writer.js";
import { AT, recordSize } from "../../../src/query-log/record.js";
import { RingWriter, ringMemory } from "../../../src/query-log/ring.js";
import type { SinkEvents } from "../../../src/query-log/sink.js";
import { UDP } from "../../../src/serving/channels.js";
import { ManualTimers, settle } from "../../support/timers.js";
import { MemorySink, SETTINGS } from "./support.js";

/** Octets of an address. */
const IPV4 = 4;

/** A sink that takes what it is given only when the test says so. */
class HeldSink extends MemorySink {
  readonly #events: SinkEvents;

  constructor(events: SinkEvents) {
    super();
    this.#events = events;
  }

  override write(chunk: Uint8Array, records: number): void {
    super.write(chunk, records);
    this.isReady = false;
  }

  take(): void {
    const { octets, records } = this.chunks[this.chunks.length - 1];
    this.isReady = true;
    this.#events.onWritten(records, octets.length);
    this.#events.onReady();
  }

  takePart(): void {
    this.#events.onProgress();
  }

  override async close(): Promise<void> {
    if (!this.isReady) this.#events.onLost(this.chunks[this.chunks.length - 1].records);
  }
}

function setUp() {
  const memory = ringMemory(65_536);
  const ring = new RingWriter(memory);
  const counts = new QueryLogCounts(1);
  const timers = new ManualTimers();
  const logged: string[] = [];
  let sink: HeldSink | undefined;
  const writer = new LogWriter({
    settings: { ...SETTINGS, format: "json", socket: "/run/reader" },
    own: { identity: "ns1", version: "test" },
    rings: [memory],
    counts,
    makeSink: (events) => {
      sink = new HeldSink(events);
      return sink;
    },
    log: {
      error: (_: unknown, text?: string) => logged.push(String(text)),
      info: (text: unknown) => logged.push(String(text)),
    },
    timers,
    epochMs: () => 0,
  });
  if (!sink) throw new Error("the writer has no sink");
  writer.start();
  const record = (count: number) => {
    for (let i = 0; i < count; i++)
      ring.octets.set([UDP.transport, 0, IPV4, IPV4], ring.begin(recordSize(0)) + AT.kinds);
    ring.publish();
  };
  const isWorking = () => counts.report.isWorking;
  return { writer, sink, record, counts, timers, logged, isWorking };
}

test("a reader that takes nothing for five seconds is said once, and so is that it takes again", async () => {
  const { sink, record, timers, logged, isWorking } = setUp();
  record(1);
  await timers.advance(10);
  sink.take();
  expect(isWorking()).toBe(true);
  await timers.advance(20_000);
  record(1);
  await timers.advance(3_990);
  expect(isWorking()).toBe(true);
  await timers.advance(10_000);
  expect(isWorking()).toBe(false);
  expect(logged).toEqual([
    expect.stringMatching(/^the query log cannot be written to .* \(nothing of it has been taken for 5 s\)/),
  ]);
  sink.take();
  expect(isWorking()).toBe(true);
  expect(logged.slice(1)).toEqual(["the query log is written again"]);
});

test("a reader that is slow, and goes on, is no trouble", async () => {
  const { sink, record, timers, logged, isWorking } = setUp();
  record(1);
  await timers.advance(10);
  for (let part = 0; part < 10; part++) {
    sink.takePart();
    await timers.advance(4_000);
  }
  expect([isWorking(), logged]).toEqual([true, []]);
});

test("what is in memory when the log is turned off, and nobody takes, is counted as not written", async () => {
  const { writer, record, counts, timers } = setUp();
  record(3);
  await timers.advance(10);
  record(2);
  await timers.advance(10);
  record(4);
  const stopped = writer.stop();
  onTestFinished(() => stopped);
  await timers.advance(1_100);
  await settle();
  await stopped;
  expect(counts.report).toMatchObject({ written: 0, lost: 9, overflows: 0 });
});

import packet from "dns-packet";
import { expect, test } from "vitest";
import { Request } from "../../../src/answer/request.js";
import { QueryLogCounts } from "../../../src/query-log/counts.js";
import type { Recording } from "../../../src/query-log/recording.js";
import { RingReader, ringMemory } from "../../../src/query-log/ring.js";
import type { QueryRecorder } from "../../../src/serving/query-recorder.js";
import { RecorderSwitch } from "../../../src/threads/recorder-switch.js";
import { Query } from "../../../src/wire/query.js";
import { CLIENT, DATAGRAM } from "../../support/zone.js";
import { SETTINGS } from "../query-log/support.js";

function recording(): Recording {
  const counts = new QueryLogCounts(1).memory;
  return { settings: SETTINGS, memory: ringMemory(1024), counts, writers: 1, writer: 0 };
}

test("what records is the one that was wanted last, however long others take to load", async () => {
  const set: (QueryRecorder | undefined)[] = [];
  const own = new RecorderSwitch((recorder) => void set.push(recorder));
  const late = own.use(recording(), "log");
  await own.use(undefined, "log");
  await late;
  expect(set).toEqual([undefined]);
  await own.use(recording(), "log");
  expect(set.at(-1)).toBeDefined();
});

test("what is recorded for two is recorded for each, and goes on for one when the other has enough", async () => {
  let current: QueryRecorder | undefined;
  const own = new RecorderSwitch((recorder) => {
    current = recorder;
  });
  const [log, top] = [recording(), recording()];
  await own.use(log, "log");
  await own.use(top, "top");
  const request = new Request(DATAGRAM, new Uint8Array(512));
  const ask = () => {
    const query = packet.encode({ type: "query", questions: [{ name: "web.mesos", type: "A" }] });
    request.set(query, query.length, CLIENT);
    const read = new Query();
    read.read(query, query.length, 0);
    current?.record(request, request.out, 12, 0, { query: read, rcode: 0 });
    current?.end(1, 2);
  };
  const recorded = ({ memory }: Recording) => {
    const ring = new RingReader(memory);
    let count = 0;
    for (let at = ring.first(); at >= 0; at = ring.first()) {
      ring.remove(at);
      count++;
    }
    return count;
  };
  ask();
  expect([recorded(log), recorded(top)]).toEqual([1, 1]);
  await own.use(undefined, "top");
  ask();
  expect([recorded(log), recorded(top)]).toEqual([1, 0]);
  await own.use(undefined, "log");
  expect(current).toBeUndefined();
});

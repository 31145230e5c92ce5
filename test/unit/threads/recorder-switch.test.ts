import { expect, test } from "vitest";
import { QueryLogCounts } from "../../../src/query-log/counts.js";
import type { Recording } from "../../../src/query-log/recording.js";
import { ringMemory } from "../../../src/query-log/ring.js";
import type { QueryRecorder } from "../../../src/serving/query-recorder.js";
import { RecorderSwitch } from "../../../src/threads/recorder-switch.js";
import { SETTINGS } from "../query-log/support.js";

function recording(): Recording {
  const counts = new QueryLogCounts(1).memory;
  return { settings: SETTINGS, memory: ringMemory(1024), counts, writers: 1, writer: 0 };
}

test("what records is the one that was wanted last, however long others take to load", async () => {
  const set: (QueryRecorder | undefined)[] = [];
  const own = new RecorderSwitch((recorder) => void set.push(recorder));
  const late = own.use(recording());
  await own.use(undefined);
  await late;
  expect(set).toEqual([undefined]);
  await own.use(recording());
  expect(set.at(-1)).toBeDefined();
});

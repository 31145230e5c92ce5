import { expect, test } from "vitest";
import { StaticLog } from "../../../src/build/static-log.js";

test("what own records hide, and what fails open, is logged once, and again when it was otherwise in between", () => {
  const lines: string[] = [];
  const note = (...words: unknown[]) => lines.push(String(words.at(-1)));
  const log = new StaticLog({ warn: note, info: note });
  const hidden = [{ name: "www.mesos", types: [1, 33] }];
  for (const failedOpen of [["edge A"], ["edge A"], [], ["edge A"]]) log.note({ hidden, failedOpen });
  log.note({ hidden: [], failedOpen: [] });
  log.note({ hidden, failedOpen: Array.from({ length: 102 }, (_, i) => `n${i} A`) });
  expect(lines.slice(0, 6)).toEqual([
    "your own records hide those of the cluster: www.mesos A SRV",
    "no value is healthy, so all are answered: edge A",
    "only healthy values are answered again: edge A",
    "no value is healthy, so all are answered: edge A",
    "only healthy values are answered again: edge A",
    "your own records hide those of the cluster: www.mesos A SRV",
  ]);
  expect(lines.at(-1)).toBe("no value is healthy, so all are answered: 2 more");
});

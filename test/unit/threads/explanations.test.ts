import { expect, test } from "vitest";
import { systemTimers } from "../../../src/base/timers.js";
import { Explanations } from "../../../src/threads/explanations.js";
import { basisOf, crowd } from "../explain/support.js";

test("a question that nobody waits for any more costs nothing and holds up nobody", async () => {
  const basis = await basisOf({}, crowd());
  const sent: number[] = [];
  let asked = 0;
  const explanations = new Explanations({
    basis: () => {
      asked++;
      return basis;
    },
    timers: systemTimers,
    send: (id) => void sent.push(id),
  });
  const done = [1, 2, 3].map((id) => explanations.answer(id, "web.marathon.mesos"));
  explanations.drop(2);
  await Promise.all(done);
  expect([sent, asked]).toEqual([[1, 3], 2]);
});

import { expect, test } from "vitest";
import { cachedFor } from "../../../src/base/cached-for.js";

function counted(fails = false) {
  const seen = { now: 0, made: 0 };
  const get = cachedFor(
    1000,
    () => seen.now,
    async () => {
      seen.made++;
      if (fails) throw new Error("not now");
      return seen.made;
    },
  );
  return { seen, get };
}

test("a cached value is made once in its time, also for calls while it is being made", async () => {
  const { seen, get } = counted();
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  seen.now = 999;
  expect(await get()).toBe(1);
  seen.now = 1000;
  expect(await get()).toBe(2);
});

test("a failure rejects all calls that wait for it, and is not cached", async () => {
  const { seen, get } = counted(true);
  const asked = await Promise.allSettled([get(), get()]);
  expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(seen.made).toBe(1);
  await expect(get()).rejects.toThrow("not now");
  expect(seen.made).toBe(2);
});

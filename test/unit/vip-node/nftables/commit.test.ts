import { expect, test } from "vitest";
import type { Service } from "../../../../src/vip-node/model.js";
import { commit } from "../../../../src/vip-node/nftables/commit.js";
import { changesOf, scriptOf } from "../../../../src/vip-node/nftables/transaction.js";

const RANGES = { ip: { first: "11.0.0.0", last: "11.0.255.255" }, ip6: { first: "fd01::", last: "fd01::ffff" } };
const OK = { code: 0, stdout: "", stderr: "" };
const failed = (stderr: string) => ({ code: 1, stdout: "", stderr });

function changes(count: number) {
  const services = Array.from({ length: count }, (_, index): Service => {
    return { name: "x", address: `11.0.0.${index}`, port: 80, protocol: "tcp", targets: [] };
  });
  return changesOf(services.map((service) => ({ kind: "add-service", service })));
}

/** Commits changes to something that fails as `answer` says. */
async function commitTo(count: number, answer: (lines: readonly string[]) => string) {
  const done: string[] = [];
  const sizes: number[] = [];
  const atOnce = { most: Number.POSITIVE_INFINITY };
  const failures = await commit(changes(count), {
    scriptOf: (part) => scriptOf(part, { ranges: RANGES, standing: new Map() }),
    run: async (script) => {
      const lines = script.trimEnd().split("\n");
      sizes.push(lines.filter((line) => line.startsWith("add chain")).length);
      const stderr = answer(lines);
      return stderr === "" ? OK : failed(stderr);
    },
    onDone: (part) => done.push(...part.map(({ service }) => service.address)),
    atOnce,
  });
  return { done, sizes, atOnce, failures: failures.map(({ step, reason }) => [step.service.address, reason]) };
}
const lineOf = (lines: readonly string[], what: string) => lines.findIndex((line) => line.includes(what)) + 1;

test("a plan is one transaction", async () => {
  expect(await commitTo(100, () => "")).toMatchObject({ sizes: [100], failures: [] });
  expect((await commitTo(0, () => "")).sizes).toEqual([]);
});

test("what nft names is left out, all of it at once", async () => {
  const { done, sizes, failures } = await commitTo(100, (lines) =>
    ["11.0.0.7 . ", "11.0.0.70 . "]
      .map((address) => lineOf(lines, address))
      .filter((line) => line > 0)
      .map((line) => `/dev/stdin:${line}:1-5: Error: Could not process rule: File exists\nadd element …\n^^^^`)
      .join("\n"),
  );
  expect(sizes).toEqual([100, 98]);
  expect(done).toHaveLength(98);
  expect(failures).toEqual([
    ["11.0.0.7", "Could not process rule: File exists"],
    ["11.0.0.70", "Could not process rule: File exists"],
  ]);
});

test("what is bad is found where nft does not name it", async () => {
  const { done, sizes, failures } = await commitTo(64, (lines) =>
    lineOf(lines, "11.0.0.40 . ") ? "netlink: Error: no" : "",
  );
  expect(failures).toEqual([["11.0.0.40", "netlink: Error: no"]]);
  expect(done).toHaveLength(63);
  expect(sizes.length).toBeLessThan(20);
});

test("transactions that are too long for the kernel are smaller from then on", async () => {
  const tooLong = (lines: readonly string[]) =>
    lines.length > 60 ? "netlink: Error: Could not process rule: Message too long" : "";
  const { done, sizes, atOnce, failures } = await commitTo(100, tooLong);
  expect(failures).toEqual([]);
  expect(done).toHaveLength(100);
  expect(sizes).toEqual([100, 50, 25, 12, 12, 12, 12, 12, 12, 12, 12, 4]);
  expect(atOnce.most).toBe(12);
});

test("one change that is too long by itself does not make all others small", async () => {
  const tooLong = (lines: readonly string[]) =>
    lineOf(lines, "11.0.0.40 . ") ? "netlink: Error: Could not process rule: Message too long" : "";
  const { done, sizes, atOnce, failures } = await commitTo(100, tooLong);
  expect(failures).toHaveLength(1);
  expect(done).toHaveLength(99);
  expect(sizes.at(-1)).toBeGreaterThan(30);
  expect(atOnce.most).toBe(Number.POSITIVE_INFINITY);
});

test("where everything fails, it ends", async () => {
  const { done, sizes, failures } = await commitTo(1_000, () => "netlink: Error: no");
  expect(done).toEqual([]);
  expect(failures).toHaveLength(1_000);
  expect(sizes.length).toBeLessThan(60);
});

test("without rights it is not tried again", async () => {
  const work = commitTo(8, () => "netlink: Error: cache initialization failed: Operation not permitted");
  await expect(work).rejects.toMatchObject({ code: "VIP_PLANE" });
});

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Faults, faultyFiles } from "./faulty-files.js";
import { contents, opened, run, set } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Each a way in which a disk stops to work while the server runs, and works again. */
const TROUBLES: readonly (readonly [name: string, faults: Partial<Faults>])[] = [
  ["full", { room: 0 }],
  ["full in the middle of a line", { room: 60 }],
  ["read-only", { refuses: "EROFS" }],
  ["unable to sync", { syncFails: "EIO" }],
  ["unable to sync or to cut", { syncFails: "EIO", cutFails: "EIO" }],
  ["full and unable to cut", { room: 60, cutFails: "EIO" }],
];

function repair(faults: Faults): void {
  Object.assign(faults, {
    room: Number.POSITIVE_INFINITY,
    refuses: undefined,
    syncFails: undefined,
    cutFails: undefined,
    folderFails: undefined,
  });
}

describe.each(TROUBLES)("while the disk is %s", (_, trouble) => {
  test("writes fail with the reason, readers see nothing of them, and later writes work", async () => {
    const { files, faults } = faultyFiles();
    const { store, lines } = await opened({ folder, files });
    await set(store, "a", "1");
    const { index } = store.now;
    let woken = 0;
    store.watchPrefix("", () => woken++);
    Object.assign(faults, trouble);
    for (let tries = 0; tries < 3; tries++) {
      const wanted = { code: "KV_FILE_UNWRITABLE", message: expect.stringMatching(/ENOSPC|EROFS|EIO/) };
      await expect(set(store, "a", `failed ${"x".repeat(tries)}`)).rejects.toMatchObject(wanted);
      expect(contents(store)).toEqual(["a=1"]);
      expect([store.now.index, store.isWritable]).toEqual([index, false]);
    }
    expect(woken).toBe(0);
    expect(lines).toHaveLength(1);
    repair(faults);
    await set(store, "b", "2");
    expect([contents(store), store.isWritable]).toEqual([["a=1", "b=2"], true]);
    expect(lines.at(-1)).toMatch(/^info: keys are stored in .* again/);
    await store.close();
    const { store: again, lines: quiet } = await opened({ folder });
    expect(contents(again)).toEqual(["a=1", "b=2"]);
    expect(quiet).toEqual([]);
    await again.close();
  });

  test("a process that ends then has nothing of what failed at its next start", async () => {
    const { files, faults } = faultyFiles();
    const { store } = await opened({ folder, files });
    await set(store, "a", "1");
    Object.assign(faults, trouble);
    await expect(set(store, "a", "failed")).rejects.toThrow();
    if (faults.cutFails === undefined && faults.refuses === undefined) {
      const { store: again } = await opened({ folder });
      expect(contents(again)).toEqual(["a=1"]);
      await again.close();
    }
    await store.close();
  });
});

describe("at the start", () => {
  test("a disk that is read-only lets keys be read; writes work when it does", async () => {
    const { store: first } = await opened({ folder });
    await set(first, "a", "1");
    await first.close();
    const { files, faults } = faultyFiles();
    faults.refuses = "EROFS";
    const { store, lines } = await opened({ folder, files });
    expect(contents(store)).toEqual(["a=1"]);
    expect(lines.join()).toMatch(/error: keys cannot be stored .*EROFS/);
    await expect(set(store, "b")).rejects.toMatchObject({ code: "KV_FILE_UNWRITABLE" });
    repair(faults);
    await set(store, "b", "2");
    await store.close();
    const { store: again } = await opened({ folder });
    expect(contents(again)).toEqual(["a=1", "b=2"]);
    await again.close();
  });

  test("a process that could not write at its start writes nothing over what another has stored since", async () => {
    const { files, faults } = faultyFiles();
    faults.refuses = "EROFS";
    const { store } = await opened({ folder, files });
    const { store: other } = await opened({ folder });
    await set(other, "a", "1");
    await other.close();
    repair(faults);
    await expect(set(store, "b")).rejects.toMatchObject({ code: "KV_FILE_TAKEN" });
    await store.close();
    const { store: again } = await opened({ folder });
    expect(contents(again)).toEqual(["a=1"]);
    await again.close();
  });
});

describe("making the file smaller", () => {
  test("fails on a full disk without harm, and is tried again", async () => {
    const { files, faults } = faultyFiles();
    const { store, lines } = await opened({ folder, files });
    const value = "v".repeat(300_000);
    for (let round = 0; round < 2; round++) await set(store, "a", `${round}${value}`);
    // Room for one more line, but not for a new file beside it.
    faults.room = 600_000;
    await set(store, "a", `2${value}`);
    await set(store, "a", `3${value}`).catch(() => undefined);
    expect(lines.join()).toContain("is not made smaller");
    expect(contents(store)[0]?.slice(0, 3)).toMatch(/a=[23]/);
    for (let tries = 0; tries < 5; tries++) {
      // It comes after the last try to make the file smaller.
      await run(store, { verb: "get", key: "a" });
      faults.room = 600_000;
      await set(store, "a", `${tries}${value}`);
    }
    expect(readdirSync(folder).length).toBeLessThan(3);
    repair(faults);
    for (let round = 0; round <= 5; round++) await set(store, "a", `${round}${value}`);
    await store.close();
    expect(statSync(join(folder, readdirSync(folder)[0] ?? "")).size).toBeLessThan(2_000_000);
    expect(readdirSync(folder).filter((name) => !name.endsWith(".log"))).toEqual([]);
    const { store: again } = await opened({ folder });
    expect(contents(again)).toEqual([`a=5${value}`]);
    await again.close();
  });

  test("leaves the former file until the new one is sure to be found", async () => {
    const { files, faults } = faultyFiles();
    const { store } = await opened({ folder, files });
    const value = "v".repeat(400_000);
    await set(store, "a", `0${value}`);
    await set(store, "a", `1${value}`);
    faults.folderFails = "EIO";
    await set(store, "a", `2${value}`);
    await expect(set(store, "a", "3")).rejects.toMatchObject({ code: "KV_FILE_UNWRITABLE" });
    expect(readdirSync(folder).length).toBeGreaterThan(1);
    repair(faults);
    await set(store, "a", "4");
    await store.close();
    const { store: again } = await opened({ folder });
    expect(contents(again)).toEqual(["a=4"]);
    await again.close();
  });
});

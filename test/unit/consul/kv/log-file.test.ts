import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { beginIn } from "../../../../src/consul/kv/session-rules.js";
import type { KvStore } from "../../../../src/consul/kv/store.js";
import { faultyFiles } from "./faulty-files.js";
import { contents, LIMITS, opened, run, set } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "mesos-dns-keys-")), "below");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

function fileNames(): string[] {
  return readdirSync(folder).sort();
}

/** The path of the only file of keys. */
function logPath(): string {
  const [name = "", ...others] = fileNames().filter((each) => each.endsWith(".log"));
  expect(others).toEqual([]);
  return join(folder, name);
}

function begin(store: KvStore, id: string) {
  const fields = { id, name: "", node: "n", behavior: "release" as const, lockDelayMs: 7, ttl: "", ttlMs: 0 };
  return beginIn(store, { ...fields, nodeChecks: [] });
}

/** Writes the line that has a text in it anew, with its checksum. */
function rewritten(has: string, change: (text: string) => string): void {
  const lines = readFileSync(logPath(), "utf8").split("\n");
  const changed = lines.map((line) => {
    if (!line.includes(`"${has}":{`)) return line;
    const text = change(line.slice(9));
    return `${crc32(text).toString(16).padStart(8, "0")} ${text}`;
  });
  writeFileSync(logPath(), changed.join("\n"));
}

describe("after a restart", () => {
  test("all is as it was: keys, flags, locks, sessions, deletions, indexes", async () => {
    const { store } = await opened({ folder });
    await run(store, { key: "a", value: Buffer.from([0, 255, 10]), flags: 18_446_744_073_709_551_615n });
    await set(store, "app/gone");
    await run(store, { verb: "delete", key: "app/gone" });
    const { index } = store.now;
    const deleted = store.now.prefixIndex("app/");
    const never = store.now.keyIndex("never");
    await store.close();
    const { store: again, lines } = await opened({ folder });
    expect(again.now.entry("a")).toMatchObject({
      value: Buffer.from([0, 255, 10]),
      flags: 18_446_744_073_709_551_615n,
    });
    expect(again.now.index).toBe(index);
    expect(again.now.prefixIndex("app/")).toBe(deleted);
    expect(again.now.keyIndex("never")).toBe(never);
    expect(lines).toEqual([]);
    expect(fileNames()).toHaveLength(1);
    await again.close();
  });

  test("indexes go on, also if the clock went back", async () => {
    const { store } = await opened({ folder });
    await set(store, "a");
    const { index } = store.now;
    await store.close();
    const { store: again } = await opened({ folder, wallClock: () => 1 });
    await set(again, "b");
    expect(again.now.index).toBe(index + 1);
    await again.close();
  });

  test("a write that was cut off is dropped, with a word", async () => {
    const { store } = await opened({ folder });
    await set(store, "a");
    await set(store, "b");
    await store.close();
    const whole = readFileSync(logPath());
    for (const cut of [1, 10, 40]) {
      writeFileSync(logPath(), whole.subarray(0, whole.length - cut));
      const { store: again, lines } = await opened({ folder });
      expect(contents(again)).toEqual(cut === 1 ? ["a=x", "b=x"] : ["a=x"]);
      if (cut > 1) expect(lines.join()).toMatch(/^warn: the last \d+ octets of .* are cut off/);
      await again.close();
    }
  });

  test("a file damaged in the middle is kept aside, and the rest of it is served", async () => {
    const { store } = await opened({ folder });
    for (const key of ["a", "b", "c"]) await set(store, key);
    const { index } = store.now;
    await store.close();
    const octets = readFileSync(logPath());
    octets[octets.indexOf('"b"') + 1] = 0x7a;
    writeFileSync(logPath(), octets);
    const { store: again, lines } = await opened({ folder });
    expect(contents(again)).toEqual(["a=x", "c=x"]);
    expect(again.now.keyIndex("b")).toBeGreaterThanOrEqual(index);
    expect(lines[0]).toMatch(/^error: 1 lines of .* cannot be read/);
    expect(lines[1]).toMatch(/^error: the damaged file .* is kept as .*\.damaged/);
    const [kept = ""] = fileNames().filter((name) => name.endsWith(".damaged"));
    expect(readFileSync(join(folder, kept))).toEqual(octets);
    await again.close();
    const { store: third, lines: quiet } = await opened({ folder });
    expect(contents(third)).toEqual(["a=x", "c=x"]);
    expect(quiet).toEqual([]);
    expect(fileNames()).toContain(kept);
    await third.close();
  });

  test("no index that a lost write may have had is given again", async () => {
    const { store } = await opened({ folder });
    for (const key of ["a", "b", "c"]) await set(store, key);
    const { index } = store.now;
    await store.close();
    const whole = readFileSync(logPath());
    const last = whole.lastIndexOf(10, whole.length - 2) + 1;
    const damaged = Buffer.from(whole);
    damaged.fill("z", whole.indexOf('"b"') + 1, whole.indexOf('"b"') + 2);
    damaged.fill("z", last + 20, last + 21);
    for (const left of [whole.subarray(0, last + 5), damaged]) {
      writeFileSync(logPath(), left);
      const { store: again } = await opened({ folder, wallClock: () => 1 });
      expect(again.now.keyIndex("c")).toBeGreaterThan(index);
      await set(again, "new");
      expect(again.now.entry("new")?.modifyIndex).toBeGreaterThan(index + 1);
      await again.close();
    }
  });

  test.each([
    ["its last line, which has its end, is damaged", 1],
    ["its last lines are damaged", 2],
  ])("a file is kept aside if %s", async (_what, lines) => {
    const { store } = await opened({ folder });
    for (const key of ["a", "b", "c"]) await set(store, key);
    await store.close();
    const octets = readFileSync(logPath());
    for (const key of ["c", "b"].slice(0, lines)) octets[octets.indexOf(`"${key}"`) + 1] = 0x7a;
    // More than one line is no write that was cut off, whether the last one ends or not.
    const left = lines === 1 ? octets : octets.subarray(0, octets.length - 1);
    writeFileSync(logPath(), left);
    const { store: again, lines: said } = await opened({ folder });
    expect(contents(again)).toEqual(["a=x", "b=x"].slice(0, 3 - lines));
    expect(said[0]).toMatch(new RegExp(`^error: ${lines} lines of .* cannot be read`));
    const [kept = ""] = fileNames().filter((name) => name.endsWith(".damaged"));
    expect(readFileSync(join(folder, kept))).toEqual(left);
    await again.close();
  });

  test("a file that has been emptied is told of, and one that was begun is not", async () => {
    const { store } = await opened({ folder });
    await set(store, "a");
    await store.close();
    writeFileSync(join(folder, "keys-0000000009.log"), "");
    const { store: again, lines: quiet } = await opened({ folder });
    expect(contents(again)).toEqual(["a=x"]);
    expect(quiet).toEqual([]);
    await again.close();
    writeFileSync(logPath(), "");
    const { store: empty, lines } = await opened({ folder });
    expect(lines.join()).toMatch(
      /^warn: all files of keys in .* are empty: if any keys were stored there, they are lost$/,
    );
    await empty.close();
  });

  test("a file whose first line is damaged is kept aside too", async () => {
    const { store } = await opened({ folder });
    await set(store, "a");
    await store.close();
    const octets = readFileSync(logPath());
    octets[12] = 0x7a;
    writeFileSync(logPath(), octets);
    const { store: again, lines } = await opened({ folder });
    expect(contents(again)).toEqual(["a=x"]);
    expect(lines[0]).toContain("its first among them");
    expect(fileNames().filter((name) => name.endsWith(".damaged"))).toHaveLength(1);
    await again.close();
  });

  test.each([
    ["with a fraction", "1.5", 2],
    ["too long", "3.6e20", 60_000],
    ["endless", "null", 60_000],
  ])("a session whose lock delay was stored %s is there, and holds its lock", async (_how, stored, lockDelayMs) => {
    const { store } = await opened({ folder });
    await begin(store, "s");
    await run(store, { verb: "lock", key: "a", session: "s" });
    await store.close();
    rewritten("session", (text) => text.replace('"lockDelayMs":7', `"lockDelayMs":${stored}`));
    const { store: again, lines } = await opened({ folder });
    expect(again.now.session("s")).toMatchObject({ lockDelayMs });
    expect(again.now.entry("a")?.session).toBe("s");
    expect(lines).toEqual([]);
    await again.close();
  });

  test("a lock whose session cannot be read is released, with a word", async () => {
    const { store } = await opened({ folder });
    await begin(store, "s");
    await run(store, { verb: "lock", key: "a", session: "s" });
    const { index } = store.now;
    await store.close();
    rewritten("session", () => '[{"session":{"id":"s"}}]');
    const { store: again, lines } = await opened({ folder });
    expect(again.now.entry("a")).toMatchObject({ session: "" });
    expect(again.now.keyIndex("a")).toBeGreaterThan(index);
    expect(lines.join()).toContain("warn: 1 locks of sessions that are not there have been released");
    await again.close();
    const { store: third, lines: quiet } = await opened({ folder });
    expect(third.now.entry("a")).toMatchObject({ session: "" });
    expect(quiet).toEqual([]);
    await third.close();
  });

  test("zeros behind the last write, as some file systems leave them, are a write that was cut off", async () => {
    const { store } = await opened({ folder });
    await set(store, "a");
    await store.close();
    appendFileSync(logPath(), Buffer.alloc(5_000));
    const { store: again, lines } = await opened({ folder });
    expect(contents(again)).toEqual(["a=x"]);
    expect(lines.join()).toContain("the last 5000 octets");
    await again.close();
  });
});

describe("the file", () => {
  test("is written anew when it has grown to twice what lives", async () => {
    const { store } = await opened({ folder });
    const value = "v".repeat(100_000);
    for (let round = 0; round < 40; round++) await set(store, "a", `${round}${value}`);
    expect(statSync(logPath()).size).toBeLessThan(2_000_000);
    await store.close();
    const { store: again } = await opened({ folder });
    expect(contents(again)).toEqual([`a=39${value}`]);
    await again.close();
  });

  test("is synced once for many writes that wait", async () => {
    const { files, faults } = faultyFiles();
    const { store } = await opened({ folder, files });
    faults.syncs = 0;
    await Promise.all(Array.from({ length: 1_000 }, (_, number) => set(store, `key/${number}`)));
    expect(faults.syncs).toBeLessThan(20);
    await store.close();
  });

  test("holds a write before it is acknowledged, and nobody reads it before", async () => {
    const { store } = await opened({ folder });
    const seen: string[] = [];
    store.watchKey("a", () => seen.push(readFileSync(logPath(), "utf8")));
    const writing = set(store, "a", "new");
    expect(store.now.entry("a")).toBeUndefined();
    await writing;
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('"set":"a"');
    await store.close();
  });
});

describe("a second process", () => {
  test("takes the keys over; the first one acknowledges nothing any more, and reads on", async () => {
    const { store: first, lines } = await opened({ folder });
    await set(first, "a", "1");
    const { store: second } = await opened({ folder });
    await expect(set(first, "a", "2")).rejects.toMatchObject({ code: "KV_FILE_TAKEN" });
    await expect(set(first, "a", "2")).rejects.toMatchObject({ code: "KV_FILE_TAKEN" });
    expect(contents(first)).toEqual(["a=1"]);
    expect(lines).toHaveLength(1);
    await set(second, "a", "3");
    expect(contents(second)).toEqual(["a=3"]);
    await first.close();
    await second.close();
    const { store: third } = await opened({ folder });
    expect(contents(third)).toEqual(["a=3"]);
    await third.close();
  });

  test("that has come and gone, and written its file anew, is noticed too", async () => {
    const { store: first } = await opened({ folder });
    for (let round = 0; round < 3; round++) {
      const { store } = await opened({ folder });
      await store.close();
    }
    await expect(set(first, "a")).rejects.toMatchObject({ code: "KV_FILE_TAKEN" });
    await first.close();
  });

  test("loses nothing that a first one acknowledges while it opens", async () => {
    for (let round = 0; round < 8; round++) {
      const { store: first } = await opened({ folder });
      const acknowledged: string[] = [];
      const writing = (async () => {
        for (let number = 0; ; number++) {
          await set(first, `round/${round}/${number}`);
          acknowledged.push(`round/${round}/${number}`);
        }
      })().catch((error: unknown) => error);
      while (acknowledged.length < round) await new Promise(setImmediate);
      const { store: second } = await opened({ folder });
      expect(await writing).toMatchObject({ code: "KV_FILE_TAKEN" });
      expect(second.now.list(`round/${round}/`).map(({ key }) => key)).toEqual(expect.arrayContaining(acknowledged));
      await first.close();
      await second.close();
    }
  });

  test("that opens at the same moment leaves one of them that writes", async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => opened({ folder })));
    const wrote = await Promise.all(
      stores.map(({ store }, at) =>
        set(store, `key/${at}`).then(
          () => at,
          () => -1,
        ),
      ),
    );
    const owners = wrote.filter((at) => at >= 0);
    expect(owners).toHaveLength(1);
    for (const { store } of stores) await store.close();
    const { store } = await opened({ folder });
    expect(contents(store)).toEqual([`key/${owners[0]}=x`]);
    await store.close();
  });
});

describe("a limit", () => {
  test("of keys and of octets is kept, and what is there can still be changed", async () => {
    const { store } = await opened({ limits: { maxKeys: 2, maxBytes: 20 } });
    await set(store, "a", "1234567");
    await set(store, "b", "1234567");
    expect(await set(store, "c")).toMatchObject({ ok: false, kind: "full" });
    expect(await set(store, "a", "1234567890123")).toMatchObject({ ok: false, kind: "full" });
    expect(await set(store, "a", "12345678901")).toMatchObject({ ok: true });
    expect(await set(store, "a", "1")).toMatchObject({ ok: true });
    await run(store, { verb: "delete", key: "b" });
    expect(await set(store, "c")).toMatchObject({ ok: true });
  });

  test("of octets is one of memory too: a value keeps nothing that it was a piece of", async () => {
    const { store } = await opened();
    await run(store, { key: "a", value: Buffer.alloc(1_000_000).subarray(7, 9) });
    expect(store.now.entry("a")?.value.buffer.byteLength).toBe(2);
  });

  test("is kept for writes that come at the same time", async () => {
    const { store } = await opened({ limits: { maxKeys: 10, maxBytes: 10 } });
    const outcomes = await Promise.all(["a", "b", "c"].map((key) => set(store, key, "1234")));
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(await set(store, "c", "")).toMatchObject({ ok: false, kind: "full" });
  });

  test("of what waits for the disk is kept, in number and in octets", async () => {
    const { store } = await opened();
    const many = Array.from({ length: 10_001 }, (_, number) => set(store, `key/${number % 10}`));
    const refused = (await Promise.allSettled(many)).filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "KV_BUSY" } }]);
    const large = Array.from({ length: 129 }, () => set(store, "a", "v".repeat(524_288)));
    expect((await Promise.allSettled(large)).filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(await set(store, "a")).toMatchObject({ ok: true });
  });

  test("of a key's length is kept", async () => {
    const { store } = await opened({ limits: LIMITS });
    expect(await set(store, "é".repeat(1_024))).toMatchObject({ ok: true });
    expect(await set(store, "é".repeat(1_025))).toMatchObject({ ok: false, kind: "large" });
  });
});

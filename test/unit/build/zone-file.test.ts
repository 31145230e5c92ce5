import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import fsPromises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../src/base/errors.js";
import { loadCluster, loadZone } from "../../../src/build/saved-zone.js";
import { fingerprintOf, type ZoneFiles, ZoneSaver } from "../../../src/build/zone-file.js";
import type { ZoneConfig } from "../../../src/config/config.js";
import { KnownTasks } from "../../../src/sources/mesos/known-tasks.js";
import { zoneAt } from "../../../src/views/configured-zone.js";
import { viewsOf } from "../../../src/views/views.js";
import { compileZones } from "../../../src/zone/compile.js";
import { silentLog } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { until } from "../../support/wait.js";
import { SEED, zoneContent } from "../../support/zone.js";
import { configOf } from "../config/support.js";
import { FULL, stateFrom } from "../sources/mesos/live/support.js";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "mesos-dns-state-")), "below");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** A saver of a zone whose state is younger with every image taken of it. */
function saverOf(place = folder, files: ZoneFiles = fsPromises) {
  const timers = new ManualTimers();
  const failures: MesosDnsError[] = [];
  const { shards } = compileZones([zoneContent(["web.mesos A 192.0.2.1"])]);
  const config = configOf({ stateDir: place });
  const { cluster } = stateFrom(FULL);
  const state = { taken: 0, held: 0 };
  const saver = new ZoneSaver({
    folder: place,
    timers,
    wallClock: Date.now,
    files,
    image: (isLast) => {
      state.held++;
      state.taken++;
      const image = {
        fingerprint: fingerprintOf(config),
        seed: SEED,
        apexes: [],
        isLast,
        fetchedAt: state.taken,
        shards,
      };
      return { image, origin: { cluster, known: new KnownTasks() }, hasFacts: false, release: () => void state.held-- };
    },
    onFailure: (error) => failures.push(error),
  });
  return { saver, timers, failures, config, state, cluster };
}

async function codeOf(loading: Promise<unknown>): Promise<string> {
  try {
    await loading;
  } catch (error) {
    return error instanceof MesosDnsError ? error.code : String(error);
  }
  return "none";
}

describe("saving the zone", () => {
  test("takes place at once, then at most every ten seconds, with the newest zone", async () => {
    const { saver, timers, config, state } = saverOf();
    saver.changed();
    timers.pass(0);
    await until("the file", () => existsSync(join(folder, "last-zone")) && state.held === 0);
    for (let i = 0; i < 5; i++) saver.changed();
    await timers.advance(9_999);
    expect(state.taken).toBe(1);
    await timers.advance(1);
    await until("the second", async () => (await loadZone(config))?.fetchedAt === 2);
    expect(readdirSync(folder)).toEqual(["last-zone"]);
  });

  test("writes everything to disk before the file gets its name", async () => {
    const calls: string[] = [];
    const files: ZoneFiles = {
      ...fsPromises,
      open: async (path, flags, mode) => {
        calls.push(`open ${flags} ${mode}`);
        const file = await fsPromises.open(path, flags, mode);
        const noting = (name: "sync" | "close") => async () => {
          calls.push(name);
          await file[name]();
        };
        return Object.assign(Object.create(file), {
          writeFile: (octets: Uint8Array) => file.writeFile(octets),
          sync: noting("sync"),
          close: noting("close"),
        });
      },
      rename: async (from, to) => {
        calls.push("rename");
        await fsPromises.rename(from, to);
      },
    };
    const { saver, config } = saverOf(folder, files);
    saver.changed();
    await saver.finish();
    expect(calls).toEqual([`open wx ${0o600}`, "sync", "rename", "close"]);
    expect((await loadZone(config))?.fetchedAt).toBe(1);
  });

  test("leaves no file behind when it fails, and reports that", async () => {
    const files: ZoneFiles = {
      ...fsPromises,
      rename: async () => {
        throw new Error("the disk is full");
      },
    };
    const { saver, failures, state } = saverOf(folder, files);
    saver.changed();
    await saver.finish();
    expect(readdirSync(folder)).toEqual([]);
    expect(failures.map(({ code }) => code)).toEqual(["ZONE_FILE_UNWRITABLE"]);
    expect(state.held).toBe(0);
  });

  test("follows no link in the folder, and makes a file that no other user can read", async () => {
    mkdirSync(folder);
    const victim = join(folder, "victim");
    writeFileSync(victim, "precious");
    for (const name of ["last-zone", `last-zone.${process.pid}.new`, "last-zone.new"])
      symlinkSync(victim, join(folder, name));
    const { saver, config } = saverOf();
    saver.changed();
    await saver.finish();
    expect(readFileSync(victim, "utf8")).toBe("precious");
    expect((await loadZone(config))?.fetchedAt).toBe(1);
    expect(statSync(join(folder, "last-zone")).mode & 0o777).toBe(0o600);
  });

  test("removes unfinished files of other processes if they are old, and nothing else", async () => {
    mkdirSync(folder);
    const [old, young] = ["0", "1"].map((digit) => `last-zone.${digit.repeat(32)}.new`) as [string, string];
    for (const name of [old, young, "last-zone.new"]) writeFileSync(join(folder, name), "");
    for (const name of [old, "last-zone.new"]) utimesSync(join(folder, name), 1, 1);
    const { saver } = saverOf();
    saver.changed();
    await saver.finish();
    expect(readdirSync(folder).sort()).toEqual(["last-zone", young, "last-zone.new"].sort());
  });

  test("takes place at the end, whatever the time", async () => {
    const { saver, config } = saverOf();
    saver.changed();
    await saver.finish();
    saver.changed();
    await saver.finish();
    expect((await loadZone(config))?.fetchedAt).toBe(2);
  });

  test("can be finished while it is in progress, and leaves no timer that would keep the thread alive", async () => {
    const { saver, config, timers } = saverOf();
    saver.changed();
    timers.pass(0);
    saver.changed();
    await saver.finish();
    expect((await loadZone(config))?.fetchedAt).toBe(2);
    expect(timers.pending).toBe(0);
  });

  test("notes that no newer zone was published, but only at the end", async () => {
    const { saver, timers, config, state } = saverOf();
    saver.changed();
    timers.pass(0);
    await until("the file", () => existsSync(join(folder, "last-zone")) && state.held === 0);
    expect((await loadZone(config))?.isLast).toBe(false);
    saver.changed();
    await saver.finish();
    expect((await loadZone(config))?.isLast).toBe(true);
  });

  test("does not take place at the end if another process has saved its own since", async () => {
    const [former, later] = [saverOf(), saverOf()];
    former.saver.changed();
    former.timers.pass(0);
    await until("the file", () => existsSync(join(folder, "last-zone")) && former.state.held === 0);
    for (let i = 0; i < 5; i++) {
      later.saver.changed();
      await later.timers.advance(10_000);
      await until("the other's file", () => later.state.held === 0 && later.state.taken === i + 1);
    }
    former.saver.changed();
    await former.saver.finish();
    expect(await loadZone(former.config)).toMatchObject({ fetchedAt: 5, isLast: false });
  });

  test("nor if the other's file has the inode that was free again", async () => {
    const { saver, timers, state } = saverOf();
    saver.changed();
    timers.pass(0);
    const path = join(folder, "last-zone");
    await until("the file", () => existsSync(path) && state.held === 0);
    const { ino, mtimeMs } = statSync(path);
    writeFileSync(path, "of the other");
    utimesSync(path, new Date(), new Date(mtimeMs + 10_000));
    expect(statSync(path).ino).toBe(ino);
    saver.changed();
    await saver.finish();
    expect(readFileSync(path, "utf8")).toBe("of the other");
  });

  test("saves the cluster behind it too", async () => {
    const { saver, config, cluster } = saverOf();
    saver.changed();
    await saver.finish();
    expect((await loadCluster(config, false, silentLog))?.cluster).toEqual(cluster);
  });

  test("that fails is reported, keeps the former file, and is retried", async () => {
    const { saver, failures, state } = saverOf("/proc/nowhere");
    saver.changed();
    await saver.finish();
    expect(failures.map(({ code }) => code)).toEqual(["ZONE_FILE_UNWRITABLE"]);
    expect(state.held).toBe(0);
    saver.changed();
    await saver.finish();
    expect(failures).toHaveLength(2);
  });
});

describe("loading it", () => {
  test("returns undefined if there is no file, or no folder for one", async () => {
    expect(await loadZone(configOf({ stateDir: folder }))).toBeUndefined();
    expect(await loadZone(configOf())).toBeUndefined();
  });

  test("refuses a file that is damaged or of another configuration, and leaves it there", async () => {
    const { saver, config } = saverOf();
    saver.changed();
    await saver.finish();
    expect(await codeOf(loadZone({ ...config, domain: "other" }))).toBe("ZONE_FILE_FOREIGN");
    expect(await codeOf(loadZone({ ...config, healthPolicy: "omitUnhealthy" }))).toBe("ZONE_FILE_FOREIGN");
    expect(await codeOf(loadZone({ ...config, dcosNames: true }))).toBe("ZONE_FILE_FOREIGN");
    const file = join(folder, "last-zone");
    writeFileSync(file, "mesos-dns zone image 4\nand then something else, longer than a checksum");
    expect(await codeOf(loadZone(config))).toBe("ZONE_FILE_DAMAGED");
    expect(existsSync(file)).toBe(true);
    expect(await codeOf(loadZone({ ...config, stateDir: file }))).toBe("ZONE_FILE_UNREADABLE");
  });

  test("refuses a file that was made with other zones than those of the views", async () => {
    const { saver, config } = saverOf();
    saver.changed();
    await saver.finish();
    const more = [...viewsOf(config), { zones: [zoneAt("nodes.example", config)] }];
    expect(await codeOf(loadZone(config, more))).toBe("ZONE_FILE_FOREIGN");
    expect(await codeOf(loadZone(config, more.toReversed()))).toBe("ZONE_FILE_FOREIGN");
    expect((await loadZone(config))?.fetchedAt).toBe(1);
  });

  test.each<[keyof ZoneConfig, Partial<ZoneConfig>]>([
    ["SOAMname", { SOAMname: "ns2.example" }],
    ["srvRecordDefaultWeight", { srvRecordDefaultWeight: 7 }],
    ["enforceRFC952", { enforceRFC952: true }],
    ["IPSources", { IPSources: ["host"] }],
    ["reverse", { reverse: false }],
  ])("refuses a file that was made with another %s", async (_, other) => {
    const { saver, config } = saverOf();
    saver.changed();
    await saver.finish();
    expect(await codeOf(loadZone({ ...config, ...other }))).toBe("ZONE_FILE_FOREIGN");
  });

  test("takes a file that was made with another TTL or other values of the SOA, as those are not in it", async () => {
    const { saver, config } = saverOf();
    saver.changed();
    await saver.finish();
    const other = { ttl: 5, SOARname: "hostmaster.example", SOARefresh: 1, SOARetry: 2, SOAExpire: 3, SOAMinttl: 4 };
    expect((await loadZone({ ...config, ...other }))?.fetchedAt).toBe(1);
  });
});

test("the cluster behind a zone is done without if it cannot be read, and that is logged", async () => {
  const { saver, config } = saverOf();
  const lines: unknown[][] = [];
  const log = { error: (...line: unknown[]) => void lines.push(line) };
  expect(await loadCluster(config, false, log)).toBeUndefined();
  saver.changed();
  await saver.finish();
  const file = join(folder, "last-zone");
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, -10));
  expect(await loadCluster(config, false, log)).toBeUndefined();
  const at = whole.lastIndexOf('{"leader"');
  whole.write("lxxder", at + 2);
  whole.writeUInt32BE(crc32(whole.subarray(at, -4)), whole.length - 4);
  writeFileSync(file, whole);
  expect(await loadCluster(config, false, log)).toBeUndefined();
  expect(lines).toEqual([
    [{ code: "ZONE_FILE_UNREADABLE" }, expect.stringMatching(/^the cluster that is saved .* read: ENOENT.*kept$/)],
    [{ code: "ZONE_FILE_DAMAGED" }, expect.stringMatching(/^the cluster that is saved .* read: a checksum is .*kept$/)],
    [{ code: "ZONE_FILE_DAMAGED" }, expect.stringMatching(/^the cluster that is saved .* read, line 1: .*kept$/)],
  ]);
});

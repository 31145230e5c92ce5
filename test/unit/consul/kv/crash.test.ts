import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KvStore } from "../../../../src/consul/kv/store.js";
import { opened } from "./support.js";

/** How often the writer is killed. The whole test is `KV_KILLS=1000 npx vitest run test/unit/consul/kv/crash.test.ts`. */
const KILLS = Number(process.env.KV_KILLS ?? 5);
/** The writer is killed within this time of its first acknowledgement. */
const MAX_LIFE_MS = 120;

interface Acknowledged {
  readonly key: string;
  readonly round: number;
  readonly count: number;
  readonly index: number;
}

let place: string;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "mesos-dns-crash-"));
  const bundle = await rolldown({ input: join(import.meta.dirname, "crash-writer.ts"), platform: "node" });
  await bundle.write({ file: join(place, "crash-writer.mjs"), format: "esm" });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A writer in a process of its own, and what it has acknowledged so far. */
function startWriter(folder: string, round: number) {
  const child = spawn(process.execPath, [join(place, "crash-writer.mjs"), folder, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: Acknowledged[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    // The last line may have been cut off.
    if (line.endsWith("}")) acknowledged.push(JSON.parse(line));
  });
  const first = once(lines, "line");
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]);
  return { child, acknowledged, first, ended };
}

/** Lets a writer write, and kills it. Resolves to what it has acknowledged. */
async function writeAndDie(folder: string, round: number): Promise<readonly Acknowledged[]> {
  const { child, acknowledged, first, ended } = startWriter(folder, round);
  await first;
  setTimeout(() => child.kill("SIGKILL"), Math.random() * MAX_LIFE_MS);
  await ended;
  return acknowledged;
}

/** The acknowledged writes that a store has lost, or has with an older index. */
function lost({ now }: KvStore, acknowledged: Iterable<Acknowledged>): Acknowledged[] {
  return [...acknowledged].filter(({ key, round, count, index }) => {
    const entry = now.entry(key);
    const [inRound = 0, inCount = 0] = String(entry?.value).split(" ").map(Number);
    const isThere = inRound > round || (inRound === round && inCount >= count);
    return !isThere || (entry?.modifyIndex ?? 0) < index;
  });
}

test(`a writer that is killed ${KILLS} times loses nothing that it acknowledged, and no index goes back`, {
  timeout: 20_000 + KILLS * 3_000,
}, async () => {
  const folder = join(place, "state");
  const newest = new Map<string, Acknowledged>();
  let index = 0;
  let writes = 0;
  for (let round = 1; round <= KILLS; round++) {
    const acknowledged = await writeAndDie(folder, round);
    expect(acknowledged.length).toBeGreaterThan(0);
    writes += acknowledged.length;
    for (const each of acknowledged) {
      // Other writes may come between one that is stored and its being told.
      const before = newest.get(each.key);
      if (!before || before.index < each.index) newest.set(each.key, each);
      index = Math.max(index, each.index);
    }
    const { store, lines } = await opened({ folder });
    expect(lines.filter((line) => !line.includes("are cut off"))).toEqual([]);
    expect(store.now.index).toBeGreaterThanOrEqual(index);
    index = store.now.index;
    expect(lost(store, newest.values())).toEqual([]);
    await store.close();
  }
  if (KILLS > 100) console.log(`${KILLS} kills, ${writes} writes acknowledged, none lost`);
});

test("a writer whose keys are taken over ends, and nothing is lost that it acknowledged until then", async () => {
  const folder = join(place, "taken");
  const all: Acknowledged[] = [];
  for (let round = 1; round <= 3; round++) {
    const { acknowledged, first, ended } = startWriter(folder, round);
    await first;
    const { store } = await opened({ folder });
    const [[status]] = await ended;
    expect(status).toBe(3);
    all.push(...acknowledged);
    expect(lost(store, all)).toEqual([]);
    await store.close();
  }
});

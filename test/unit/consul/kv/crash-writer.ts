/**
 * Writes keys as fast as it can, and says on standard output what has been acknowledged, until it is killed, or another process takes the keys
 * over:
 *
 *     node crash-writer.mjs FOLDER ROUND
 */
import fsPromises from "node:fs/promises";
import { codeOf } from "../../../../src/base/errors.js";
import { openStore } from "../../../../src/consul/kv/open-store.js";
import { set } from "./writes.js";

const WRITERS = 8;
/** The exit status when another process has taken the keys over. */
const TAKEN = 3;
const [folder = "", round = ""] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const store = await openStore({
  folder,
  limits: { maxKeys: 10_000, maxBytes: 64 * 1024 * 1024 },
  files: fsPromises,
  wallClock: Date.now,
  log,
});

async function writeOn(writer: number): Promise<void> {
  for (let count = 0; ; count++) {
    const key = `key/${writer}/${count % 10}`;
    await set(store, key, `${round} ${count} ${"v".repeat((count * 997) % 30_000)}`);
    const index = store.now.entry(key)?.modifyIndex;
    process.stdout.write(`${JSON.stringify({ key, round: Number(round), count, index })}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeOn(writer)));
} catch (error) {
  process.exit(codeOf(error) === "KV_FILE_TAKEN" ? TAKEN : 1);
}

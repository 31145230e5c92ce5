import { createHash } from "node:crypto";
import { join } from "node:path";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { type WholeFiles, writeWhole } from "../base/whole-file.js";
import type { Snapshot } from "../zone/snapshot.js";
import type { GivenEntry } from "./given-versions.js";
import type { Step } from "./journal.js";

/** The name of the file in `stateDir`. */
const FILE = "last-transfers";
const FORMAT = "mesos-dns transfers 2";
/** The word of a shard that has the number of words in use (`zone/layout.ts`). */
const USED_WORD = 2;

/** The used part of `node:fs/promises`. */
export type TransferFiles = WholeFiles & Pick<typeof import("node:fs/promises"), "readFile">;

/** What is needed to go on with differences after a restart. */
export interface SavedTransfers {
  /** Identifies the zones that the journal ends with (`digestOf`). */
  readonly digest: string;
  readonly steps: readonly (readonly [zone: string, steps: readonly Step[]])[];
  readonly given: readonly GivenEntry[];
}

/** Identifies the content of all zones, with their serials. */
export function digestOf({ shards, zones, seed }: Snapshot): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([seed, zones.map(({ apex }) => apex)]));
  for (const { words, octets } of shards) hash.update(octets.subarray(0, words[USED_WORD] * 4));
  return hash.digest("hex");
}

/** Writes the file: a line for the format and what it belongs to, a line for each step, a line with the SHA-256 of the lines before. */
export async function saveTransfers(folder: string, saved: SavedTransfers, files: TransferFiles): Promise<void> {
  await writeWhole({ folder, name: FILE, files }, summed(saved));
}

function* summed(saved: SavedTransfers): Generator<string> {
  const hash = createHash("sha256");
  for (const value of valuesOf(saved)) {
    const line = `${JSON.stringify(value)}\n`;
    hash.update(line);
    yield line;
  }
  yield `${hash.digest("hex")}\n`;
}

function* valuesOf({ digest, steps, given }: SavedTransfers): Generator<unknown> {
  yield { format: FORMAT, digest, given };
  for (const [zone, list] of steps) {
    for (const { from, to, soa, deleted, added, counts } of list) {
      yield { zone, from, to, soa: base64(soa), counts, deleted: base64(deleted), added: base64(added) };
    }
  }
}

/**
 * Reads the file, and removes it: what it says holds for one start only. `undefined` if there is none.
 *
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED
 */
export async function takeTransfers(folder: string, files: TransferFiles): Promise<SavedTransfers | undefined> {
  const path = join(folder, FILE);
  const bytes = await files.readFile(path).catch(() => undefined);
  if (!bytes) return undefined;
  await files.rm(path, { force: true });
  try {
    return read(bytes);
  } catch (cause) {
    const message = `the transfers saved in ${path} cannot be used: ${messageOf(cause)}; secondaries transfer whole zones once`;
    throw new MesosDnsError("ZONE_FILE_DAMAGED", message, { cause });
  }
}

function read(bytes: Buffer): SavedTransfers {
  const end = bytes.length - 65;
  const sum = createHash("sha256")
    .update(bytes.subarray(0, Math.max(0, end)))
    .digest("hex");
  if (bytes.toString("latin1", Math.max(0, end)) !== `${sum}\n`) throw new Error("its checksum is wrong");
  const [first, ...lines] = bytes.toString("utf8", 0, end).trimEnd().split("\n");
  const { format, digest, given } = JSON.parse(first);
  if (format !== FORMAT) throw new Error("another version has written it");
  const steps = new Map<string, Step[]>();
  for (const line of lines) {
    const { zone, from, to, soa, counts, deleted, added } = JSON.parse(line);
    const list = steps.get(zone) ?? [];
    list.push({ from, to, soa: octets(soa), counts, deleted: octets(deleted), added: octets(added) });
    steps.set(zone, list);
  }
  return { digest, given, steps: [...steps] };
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("base64");
}

function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

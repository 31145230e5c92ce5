import { crc32 } from "node:zlib";
import { MesosDnsError } from "../base/errors.js";
import type { Apex } from "./apex.js";
import { SHARDS } from "./layout.js";
import type { SnapshotUpdate } from "./snapshot.js";

/** A compiled zone, as it is written to a file and read from it. */
export interface ZoneImage {
  /** Identifies the configuration that the shards depend on. Under another one they cannot be used. */
  readonly fingerprint: string;
  /** Seed of the name hash. */
  readonly seed: number;
  /** The zones' apexes, with their serials. */
  readonly apexes: readonly Apex[];
  /** Whether the server was stopped with this zone: no newer one was published. */
  readonly isLast: boolean;
  /** When the state behind the zone was fetched, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** All shards, by index. */
  readonly shards: readonly SharedArrayBuffer[];
}

/** A file with an image. */
export interface ImageFile {
  /** In bytes. */
  readonly size: number;
  /** Fills these one after the other with the bytes from `at` on, of which there are enough. */
  read(into: readonly Uint8Array[], at: number): Promise<void>;
}

/**
 * The format of the file. Numbers have 4 bytes, big endian:
 *
 *     a line that names the format
 *     the length of the header
 *     the header, as JSON
 *     the checksum of everything before
 *     the words of each shard, as many as the header says, in the machine's byte order
 *     the checksum of each shard
 *     the text `origin`: what the zone was built from
 *     the checksum of that text
 *
 * The zone and the text have checksums of their own, because different threads read them, and the shards have some, because they are
 * read in parallel. They are to find what a disk or a write that was cut off has spoilt, not what somebody has forged: whoever may
 * write the file could replace it as a whole. CRC-32 finds that, and takes a tenth of the time of SHA-256, for which every start had to
 * wait.
 */
const MAGIC = Buffer.from("mesos-dns zone image 4\n");
const NUMBER = 4;
/** The word of a shard that has the number of words in use (`layout.ts`). */
const USED_WORD = 2;
/** So many shards are read at a time, by so many threads. */
const BATCH = 16;
const READERS = 2;

/** The byte order of this machine. The words in the file have it. */
const BYTE_ORDER = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "little" : "big";

interface Header extends Omit<ZoneImage, "shards"> {
  readonly order: string;
  readonly words: readonly number[];
}

/**
 * The file's bytes, piece by piece. The shards must not change before the last piece has been taken.
 *
 * @param origin what the zone was built from; each piece is requested only after the one before has been taken
 */
export function* imageBytes({ shards, ...facts }: ZoneImage, origin: Iterable<string>): Generator<Uint8Array> {
  const views = shards.map((shard) => new Uint8Array(shard, 0, new Uint32Array(shard)[USED_WORD] * 4));
  const header: Header = { ...facts, order: BYTE_ORDER, words: views.map((view) => view.length / 4) };
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.concat([MAGIC, numbers([text.length]), text]);
  yield Buffer.concat([head, numbers([crc32(head)])]);
  const sums: number[] = [];
  for (const view of views) {
    sums.push(crc32(view));
    yield view;
  }
  yield numbers(sums);
  let sum = 0;
  for (const text of origin) {
    const piece = Buffer.from(text);
    sum = crc32(piece, sum);
    yield piece;
  }
  yield numbers([sum]);
}

/**
 * Reads the zone that `imageBytes` wrote, into shared memory.
 *
 * @param fingerprint of the configuration under which the zone will be served
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED, ZONE_FILE_FOREIGN
 */
export async function readImage(file: ImageFile, fingerprint: string): Promise<ZoneImage> {
  const { facts, words, shardsAt, sumsAt } = await readHeader(file, fingerprint);
  const sums = Buffer.alloc(SHARDS * NUMBER);
  await file.read([sums], sumsAt);
  const shards = words.map((count) => new SharedArrayBuffer(count * 4));
  const batches = batchesOf(shards, shardsAt);
  const read = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      await file.read(batch.views, batch.at);
      const { first } = batch;
      batch.views.forEach((view, i) => {
        if (crc32(view) !== sums.readUInt32BE((first + i) * NUMBER)) throw changed();
      });
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return { ...facts, shards };
}

/**
 * Reads the text that `imageBytes` wrote after the zone.
 *
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED, ZONE_FILE_FOREIGN
 */
export async function readOrigin(file: ImageFile, fingerprint: string): Promise<Uint8Array> {
  const { originAt } = await readHeader(file, fingerprint);
  const rest = Buffer.allocUnsafeSlow(file.size - originAt);
  await file.read([rest], originAt);
  const origin = rest.subarray(0, -NUMBER);
  if (crc32(origin) !== rest.readUInt32BE(origin.length)) throw changed();
  return origin;
}

/** The header, and where the parts of the file begin. Behind the last of them there is at least a number. */
interface Layout {
  readonly facts: Omit<ZoneImage, "shards">;
  readonly words: readonly number[];
  readonly shardsAt: number;
  readonly sumsAt: number;
  readonly originAt: number;
}

async function readHeader(file: ImageFile, fingerprint: string): Promise<Layout> {
  const start = Buffer.alloc(MAGIC.length + NUMBER);
  if (file.size >= start.length) await file.read([start], 0);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw foreign("it is not a zone that this version has written");
  const shardsAt = start.length + start.readUInt32BE(MAGIC.length) + NUMBER;
  if (shardsAt > file.size) throw cutOff();
  const head = Buffer.alloc(shardsAt);
  await file.read([head], 0);
  if (crc32(head.subarray(0, -NUMBER)) !== head.readUInt32BE(shardsAt - NUMBER)) throw changed();
  const { order, words, ...facts } = JSON.parse(head.toString("utf8", start.length, shardsAt - NUMBER)) as Header;
  if (order !== BYTE_ORDER) throw foreign("it comes from a machine with another byte order");
  if (facts.fingerprint !== fingerprint) throw foreign("it was written under another configuration");
  if (words.length !== SHARDS) throw foreign("it is divided otherwise");
  const sumsAt = words.reduce((at, count) => at + count * 4, shardsAt);
  const originAt = sumsAt + SHARDS * NUMBER;
  if (originAt + NUMBER > file.size) throw cutOff();
  return { facts, words, shardsAt, sumsAt, originAt };
}

interface Batch {
  /** Index of the first shard. */
  readonly first: number;
  readonly views: readonly Uint8Array[];
  readonly at: number;
}

function batchesOf(shards: readonly SharedArrayBuffer[], shardsAt: number): Batch[] {
  const batches: Batch[] = [];
  let at = shardsAt;
  for (let first = 0; first < SHARDS; first += BATCH) {
    const views = shards.slice(first, first + BATCH).map((shard) => new Uint8Array(shard));
    batches.push({ first, views, at });
    at = views.reduce((end, view) => end + view.length, at);
  }
  return batches;
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * NUMBER);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, i * NUMBER);
  });
  return bytes;
}

function changed(): MesosDnsError {
  return new MesosDnsError("ZONE_FILE_DAMAGED", "a checksum is wrong: it has been changed");
}

function cutOff(): MesosDnsError {
  return new MesosDnsError("ZONE_FILE_DAMAGED", "it was cut off");
}

function foreign(why: string): MesosDnsError {
  return new MesosDnsError("ZONE_FILE_FOREIGN", why);
}

/** An update with all shards of a saved zone, as the first generation. */
export function updateOf({ seed, shards }: ZoneImage): Omit<SnapshotUpdate, "apexes"> {
  return { generation: 1, seed, ready: true, shards: shards.map((memory, index) => [index, memory] as const) };
}

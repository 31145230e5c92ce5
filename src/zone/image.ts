import { createHash } from "node:crypto";
import { MesosDnsError } from "../base/errors.js";
import { SHARDS } from "./layout.js";
import type { SnapshotUpdate } from "./snapshot.js";

/** A compiled zone, as it is written to a file and read from it. */
export interface ZoneImage {
  /** Identifies the configuration that the shards depend on. Under another one they cannot be used. */
  readonly fingerprint: string;
  /** Seed of the name hash. */
  readonly seed: number;
  /** Serials up to this one may have been used. */
  readonly serial: number;
  /** When the state behind the zone was fetched, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** All shards, by index. */
  readonly shards: readonly SharedArrayBuffer[];
}

/** An image that has been read, and the text that was saved after it. */
export interface SavedZone extends ZoneImage {
  /** A description of what the zone was built from, in a format that the caller chooses. Has its own memory. */
  readonly origin: Uint8Array;
}

/**
 * The format of the file: a line that names the format; the length of the header in 4 bytes, big endian; the header, as JSON; the
 * words of each shard, as many as the header says, in the machine's byte order; the text `origin`; the SHA-256 of everything before.
 */
const MAGIC = Buffer.from("mesos-dns zone image 2\n");
const LENGTH = 4;
const DIGEST = 32;
/** The word of a shard that has the number of words in use (`layout.ts`). */
const USED_WORD = 2;

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
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(text.length);
  const hash = createHash("sha256");
  for (const piece of [Buffer.concat([MAGIC, length, text]), ...views]) {
    hash.update(piece);
    yield piece;
  }
  for (const text of origin) {
    const piece = Buffer.from(text);
    hash.update(piece);
    yield piece;
  }
  yield hash.digest();
}

/**
 * Reads what `imageBytes` wrote.
 *
 * @param fingerprint of the configuration under which the zone will be served
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED, ZONE_FILE_FOREIGN
 */
export function readImage(bytes: Buffer, fingerprint: string): SavedZone {
  const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST));
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw foreign("it is not a zone that this version has written");
  if (!createHash("sha256").update(body).digest().equals(bytes.subarray(body.length))) {
    throw new MesosDnsError("ZONE_FILE_DAMAGED", "its checksum is wrong: it was cut off or has been changed");
  }
  const headerAt = MAGIC.length + LENGTH;
  const shardsAt = headerAt + body.readUInt32BE(MAGIC.length);
  const { order, words, ...facts } = JSON.parse(body.toString("utf8", headerAt, shardsAt)) as Header;
  if (order !== BYTE_ORDER) throw foreign("it comes from a machine with another byte order");
  if (facts.fingerprint !== fingerprint) throw foreign("it was written under another configuration");
  if (words.length !== SHARDS) throw foreign("it is divided otherwise");
  let at = shardsAt;
  const shards = words.map((count) => {
    const shard = new SharedArrayBuffer(count * 4);
    new Uint8Array(shard).set(body.subarray(at, at + count * 4));
    at += count * 4;
    return shard;
  });
  // Copy it to shared memory, so that it can be sent to another thread without copying.
  const origin = new Uint8Array(new SharedArrayBuffer(body.length - at));
  origin.set(body.subarray(at));
  return { ...facts, shards, origin };
}

function foreign(why: string): MesosDnsError {
  return new MesosDnsError("ZONE_FILE_FOREIGN", why);
}

/** An update with all shards of a saved zone, as the first generation. */
export function updateOf({ seed, shards }: SavedZone): Omit<SnapshotUpdate, "apexes"> {
  return { generation: 1, seed, ready: true, shards: shards.map((memory, index) => [index, memory] as const) };
}

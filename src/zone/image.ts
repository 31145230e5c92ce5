import { createHash } from "node:crypto";
import { MesosDnsError } from "../base/errors.js";
import { SHARDS } from "./layout.js";
import type { SnapshotUpdate } from "./snapshot.js";

/** A compiled zone on its way to a file, or back. */
export interface ZoneImage {
  /** What of the configuration is in the shards: under another one they are of no use. */
  readonly fingerprint: string;
  /** Seed of the name hash. */
  readonly seed: number;
  /** Serials up to this may have been used. */
  readonly serial: number;
  /** When the state was fetched that the zone comes from, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** All of them, by index. */
  readonly shards: readonly SharedArrayBuffer[];
}

/** An image that has been read, and the text that was saved behind it. */
export interface SavedZone extends ZoneImage {
  /** What the zone was made of, in the words of whoever saved it. The memory is its own. */
  readonly origin: Uint8Array;
}

/**
 * The file: a line that says what it is; 4 octets with the length of the header, big endian; the header, as JSON; the words of
 * each shard, as many as the header says, in the machine's order; a text up to the end; and the SHA-256 of all that.
 */
const MAGIC = Buffer.from("mesos-dns zone image 2\n");
const LENGTH = 4;
const DIGEST = 32;
/** Where a shard says how many of its words are in use (`layout.ts`). */
const USED_WORD = 2;

/** Words in the file are as this machine has them. */
const BYTE_ORDER = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "little" : "big";

interface Header extends Omit<ZoneImage, "shards"> {
  readonly order: string;
  readonly words: readonly number[];
}

/**
 * The file's octets, piece by piece. The shards must not change before the last one is taken.
 *
 * @param origin what the zone was made of; each piece is asked for when the one before has been taken
 */
export function* imageOctets({ shards, ...facts }: ZoneImage, origin: Iterable<string>): Generator<Uint8Array> {
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
 * What `imageOctets` wrote.
 *
 * @param fingerprint of the configuration it is to be served under
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED, ZONE_FILE_FOREIGN
 */
export function readImage(octets: Buffer, fingerprint: string): SavedZone {
  const body = octets.subarray(0, Math.max(0, octets.length - DIGEST));
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw foreign("it is not a zone that this version has written");
  if (!createHash("sha256").update(body).digest().equals(octets.subarray(body.length))) {
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
  // A copy in shared memory: it goes to another thread as it is.
  const origin = new Uint8Array(new SharedArrayBuffer(body.length - at));
  origin.set(body.subarray(at));
  return { ...facts, shards, origin };
}

function foreign(why: string): MesosDnsError {
  return new MesosDnsError("ZONE_FILE_FOREIGN", why);
}

/** All of a saved zone, as the first generation. */
export function updateOf({ seed, shards }: SavedZone): Omit<SnapshotUpdate, "apexes"> {
  return { generation: 1, seed, ready: true, shards: shards.map((memory, index) => [index, memory] as const) };
}

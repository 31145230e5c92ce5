/**
 * Names in wire form (RFC 1035 §3.1): length octets and labels, ending with the zero octet of the root. All names in a zone are
 * lower case. Only ASCII letters have case (RFC 4343).
 */

/** Octets of a word. */
export const WORD = 4;

/** The number of words for this number of octets. */
export function toWords(octets: number): number {
  return (octets + WORD - 1) >>> 2;
}

const PRIME = 0x01000193;
const DOT = 0x2e;

/** Most octets of a label (RFC 1035 §2.3.4). */
export const MAX_LABEL = 63;

/** Most octets of a name in wire form, length octets and the root included (RFC 1035 §2.3.4). */
export const MAX_NAME = 255;

/** One step of the name hash (FNV-1a), to hash while reading. Start with the seed, end with `finishHash`. */
export function mixHash(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, PRIME);
}

/** Spreads the hash over all 32 bits: the upper ones choose a shard, the lower ones a slot. */
export function finishHash(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hash of the lower-case wire name in `octets[offset, offset + length)`, root octet included. */
export function hashName(octets: Uint8Array, offset: number, length: number, seed: number): number {
  let hash = seed;
  for (let i = offset; i < offset + length; i++) hash = mixHash(hash, octets[i]);
  return finishHash(hash);
}

/** Whether a dotted name (no final dot) has a wire form: no empty label, none above 63 octets, at most 255 octets in all. */
export function isDnsName(name: string): boolean {
  let start = 0;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit >= 0x80) return isLongerName(name);
    if (unit !== DOT) continue;
    if (i === start || i - start > MAX_LABEL) return false;
    start = i + 1;
  }
  const last = name.length - start;
  return last > 0 && last <= MAX_LABEL && name.length + 2 <= MAX_NAME;
}

/** The same for a name with characters of several octets in UTF-8. */
function isLongerName(name: string): boolean {
  const sizes = name.split(".").map((label) => Buffer.byteLength(label));
  return sizes.every((size) => size > 0 && size <= MAX_LABEL) && Buffer.byteLength(name) + 2 <= MAX_NAME;
}

/**
 * Wire form of a dotted name without the final dot; "" is the root. Every `.` separates labels, so a label cannot contain one.
 * The caller has checked the name (`isDnsName`).
 */
export function encodeName(name: string): Uint8Array {
  if (name === "") return Uint8Array.of(0);
  const text = Buffer.from(name, "utf8");
  const wire = new Uint8Array(text.length + 2);
  let lengthAt = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === DOT) {
      wire[lengthAt] = i - lengthAt;
      lengthAt = i + 1;
    } else {
      wire[i + 1] = text[i];
    }
  }
  wire[lengthAt] = text.length - lengthAt;
  return wire;
}

/** A wire name as words, padded with zeros, for `Snapshot.find`. */
export function nameWords(wire: Uint8Array): Uint32Array {
  const words = new Uint32Array(toWords(wire.length));
  new Uint8Array(words.buffer).set(wire);
  return words;
}

/**
 * Text of an uncompressed wire name, with the final dot. Labels are read as UTF-8 and nothing is escaped: for JSON, not for
 * master files.
 */
export function decodeName(octets: Uint8Array, offset: number): string {
  let text = "";
  for (const label of labelsOf(octets, offset)) text += `${Buffer.from(label).toString("utf8")}.`;
  return text === "" ? "." : text;
}

/** Text of an uncompressed wire name for a master file (RFC 1035 §5.1), with the final dot and special characters escaped. */
export function toMasterFileName(octets: Uint8Array, offset: number): string {
  let text = "";
  for (const label of labelsOf(octets, offset)) text += `${escapeLabel(label)}.`;
  return text === "" ? "." : text;
}

function* labelsOf(octets: Uint8Array, offset: number): Generator<Uint8Array> {
  for (let at = offset; octets[at] !== 0; at += octets[at] + 1) yield octets.subarray(at + 1, at + 1 + octets[at]);
}

function escapeLabel(label: Uint8Array): string {
  let text = "";
  for (const octet of label) {
    const character = String.fromCharCode(octet);
    text += /[A-Za-z0-9_-]/.test(character) ? character : `\\${octet.toString().padStart(3, "0")}`;
  }
  return text;
}

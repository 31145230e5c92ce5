/**
 * Names in wire form (RFC 1035 §3.1): length octets and labels, ending with the root's zero. In a zone every name is
 * lower case; ASCII letters only are folded (RFC 4343), all other octets stand for themselves.
 */

/** Octets of a word. */
export const WORD = 4;

/** How many words so many octets take. */
export function toWords(octets: number): number {
  return (octets + WORD - 1) >>> 2;
}

const PRIME = 0x01000193;
const DOT = 0x2e;

/** Octets a label can hold on the wire (RFC 1035 §2.3.4). */
export const MAX_LABEL = 63;

/** Octets a name can hold on the wire, length octets and the root included (RFC 1035 §2.3.4). */
export const MAX_NAME = 255;

/** One step of the name hash (FNV-1a), for those who hash while they read. Start with the seed, end with `finishHash`. */
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

/** Hash of the lower-case wire name at `octets[offset, offset + length)`, its root octet included. */
export function hashName(octets: Uint8Array, offset: number, length: number, seed: number): number {
  let hash = seed;
  for (let i = offset; i < offset + length; i++) hash = mixHash(hash, octets[i]);
  return finishHash(hash);
}

/** Whether a dotted name (no final dot) fits a DNS message: no empty or oversized label, 255 octets in all. */
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

/** The same where a character may take several octets: in UTF-8, as the wire has it. */
function isLongerName(name: string): boolean {
  const sizes = name.split(".").map((label) => Buffer.byteLength(label));
  return sizes.every((size) => size > 0 && size <= MAX_LABEL) && Buffer.byteLength(name) + 2 <= MAX_NAME;
}

/**
 * Wire form of a dotted name without the final dot; "" is the root. Every `.` separates labels, so no label can hold
 * one. The caller has made sure that it is a name (`isDnsName`).
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

/** A wire name as words, padded with zeros: what `Snapshot.find` compares. */
export function nameWords(wire: Uint8Array): Uint32Array {
  const words = new Uint32Array(toWords(wire.length));
  new Uint8Array(words.buffer).set(wire);
  return words;
}

/** The dotted text of an uncompressed wire name, with the final dot, its labels read as UTF-8. For JSON, not zone files. */
export function decodeName(octets: Uint8Array, offset: number): string {
  let text = "";
  for (const label of labelsOf(octets, offset)) text += `${Buffer.from(label).toString("utf8")}.`;
  return text === "" ? "." : text;
}

/** The name as a master file writes it (RFC 1035 §5.1): what is not plain is escaped. */
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

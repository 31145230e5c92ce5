import { MAX_LABEL, MAX_NAME } from "./names.js";
import { HEADER, POINTER } from "./protocol.js";

/**
 * Checks whether received names, with their compression pointers, and RDATA of well-known types are well formed. If not, a query
 * gets FORMERR and a reply is a bad reply: other servers might read something else in it.
 */

/** Most compression pointers in a name: no name has more labels. More of them are an attack. */
const MAX_POINTERS = 128;

/**
 * The index of the octet behind the name at `start`; -1 if the name is malformed: an unknown label type, more than 255 octets, an
 * end behind `end`, or a pointer that does not lead to an earlier place (RFC 1035 §4.1.4).
 */
export function nameEnd(message: Uint8Array, start: number, end: number): number {
  let at = start;
  let behind = -1;
  let size = 0;
  // Each pointer has to lead to a place before the last one, so that there is no endless loop.
  let before = start;
  let pointers = 0;
  for (;;) {
    if (at >= end) return -1;
    const label = message[at];
    if (label >= POINTER) {
      if (at + 2 > end) return -1;
      const target = ((label & ~POINTER) << 8) | message[at + 1];
      if (target >= before || target < HEADER || ++pointers > MAX_POINTERS) return -1;
      if (behind < 0) behind = at + 2;
      before = target;
      at = target;
      continue;
    }
    size += label + 1;
    if (label > MAX_LABEL || size > MAX_NAME) return -1;
    at += label + 1;
    if (label === 0) return behind < 0 ? at : behind;
  }
}

/** The name at `start` without compression; empty if it is malformed. */
export function expandName(message: Uint8Array, start: number): Uint8Array {
  const name: number[] = [];
  if (nameEnd(message, start, message.length) < 0) return Uint8Array.from(name);
  for (let at = start; ; ) {
    const label = message[at];
    if (label >= POINTER) {
      at = ((label & ~POINTER) << 8) | message[at + 1];
      continue;
    }
    for (let i = 0; i <= label; i++) name.push(message[at + i]);
    if (label === 0) return Uint8Array.from(name);
    at += label + 1;
  }
}

/** Parts of RDATA other than a fixed number of octets: a name, a character-string, one or more of these, or the rest. */
const NAME = -1;
const STRING = -2;
const STRINGS = -3;
const REST = -4;

/** Types whose RDATA has names or a fixed size, and its parts: RFC 1035 §3.3 and the RFCs that define the other types. */
const FORMS: readonly (readonly [types: readonly number[], form: readonly number[]])[] = [
  [[1], [4]], // A
  [[28], [16]], // AAAA
  [[2, 3, 4, 5, 7, 8, 9, 12, 39], [NAME]], // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME
  [[6], [NAME, NAME, 20]], // SOA
  [
    [15, 18, 21, 36],
    [2, NAME],
  ], // MX, AFSDB, RT, KX
  [[33], [6, NAME]], // SRV
  [
    [14, 17],
    [NAME, NAME],
  ], // MINFO, RP
  [[26], [2, NAME, NAME]], // PX
  [[13], [STRING, STRING]], // HINFO
  [[16, 99], [STRINGS]], // TXT, SPF
  [[35], [4, STRING, STRING, STRING, NAME]], // NAPTR
  [
    [24, 46],
    [18, NAME, REST],
  ], // SIG, RRSIG
  [
    [30, 47],
    [NAME, REST],
  ], // NXT, NSEC
];

const formOf = new Map(FORMS.flatMap(([types, form]) => types.map((type) => [type, form] as const)));

/** Whether the RDATA in `message[at, end)` is well formed for its type. Empty RDATA is: dynamic updates use it. */
export function isReadable(message: Uint8Array, type: number, at: number, end: number): boolean {
  const form = formOf.get(type);
  if (!form || at === end) return true;
  let next = at;
  for (const part of form) {
    next = partEnd(message, part, next, end);
    if (next < 0 || next > end) return false;
  }
  return next === end;
}

/** Where names stand in well-formed RDATA, and the index behind each. */
export function namesIn(
  message: Uint8Array,
  type: number,
  at: number,
  end: number,
): readonly { readonly start: number; readonly behind: number }[] {
  const names: { start: number; behind: number }[] = [];
  let start = at;
  for (const part of at === end ? [] : (formOf.get(type) ?? [])) {
    const behind = partEnd(message, part, start, end);
    if (part === NAME) names.push({ start, behind });
    start = behind;
  }
  return names;
}

/** The index of the octet behind a part of RDATA; -1 or an index above `end` if it does not fit. */
function partEnd(message: Uint8Array, part: number, at: number, end: number): number {
  switch (part) {
    case NAME:
      return nameEnd(message, at, end);
    case STRING:
      return at < end ? at + 1 + message[at] : -1;
    case STRINGS: {
      let next = at;
      do {
        next = partEnd(message, STRING, next, end);
      } while (next > 0 && next < end);
      return next;
    }
    case REST:
      return end;
    default:
      return at + part;
  }
}

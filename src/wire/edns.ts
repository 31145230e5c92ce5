import { CLIENT_COOKIE, MAX_COOKIE, MIN_COOKIE } from "./cookies.js";
import { writeUint16 } from "./octets.js";
import { MAX_UDP_QUERY, TYPE } from "./protocol.js";

/** Octets of an OPT record without options: owner (root), type, class, TTL and RDLENGTH (RFC 6891 §6.1.2). */
export const OPT_FIXED = 11;
/** Octets of an option's code and length. */
const OPTION_HEADER = 4;

/** Options that this server reads or writes. */
const OPTION = { NSID: 3, EXPIRE: 9, COOKIE: 10, KEEPALIVE: 11, PADDING: 12, EDE: 15 } as const;

/**
 * Options that are hop by hop: each server answers them itself. An extended error is not among them: it belongs to the answer.
 */
const HOP_BY_HOP: ReadonlySet<number> = new Set([
  OPTION.NSID,
  OPTION.EXPIRE,
  OPTION.COOKIE,
  OPTION.KEEPALIVE,
  OPTION.PADDING,
]);

export const NO_OPTIONS = new Uint8Array(0);

/** Encrypted answers are padded to a multiple of this (RFC 8467 §4.1). */
const PADDING_BLOCK = 468;

/** Octets of options that may be added later, with the records: an extended error and EXPIRE. */
const LATER_OPTIONS = OPTION_HEADER + 2 + OPTION_HEADER + 4;

/** No extended error. */
export const NO_EDE = -1;
const NO_COOKIE = -1;

/** The OPT record of a query. */
export class OptRecord {
  present = false;
  version = 0;
  payload = 0;
  dnssecOk = false;
  /** Index of the cookie in the message, or -1; its length in octets. */
  cookieAt = NO_COOKIE;
  cookieLength = 0;
  /** Whether the cookie has an invalid length (RFC 7873 §5.2.2). */
  badCookie = false;
  nsid = false;
  expire = false;
  keepalive = false;
  padding = false;
  /** Whether there are end-to-end options, such as a client subnet (RFC 7871). */
  endToEnd = false;
  /** Start and end of the options in the message. */
  optionsAt = 0;
  optionsEnd = 0;

  reset(): void {
    this.present = false;
    this.version = 0;
    this.payload = 0;
    this.dnssecOk = false;
    this.cookieAt = NO_COOKIE;
    this.cookieLength = 0;
    this.badCookie = false;
    this.nsid = false;
    this.expire = false;
    this.keepalive = false;
    this.padding = false;
    this.endToEnd = false;
    this.optionsAt = 0;
    this.optionsEnd = 0;
  }

  /**
   * Reads an OPT record whose fixed part (from its type on) starts at `at`. Returns false if an option overruns the RDATA. The
   * caller has checked that the record is inside the message.
   */
  read(message: Uint8Array, at: number, rdataAt: number, rdataEnd: number): boolean {
    this.present = true;
    this.payload = (message[at + 2] << 8) | message[at + 3];
    this.version = message[at + 5];
    this.dnssecOk = (message[at + 6] & 0x80) !== 0;
    this.optionsAt = rdataAt;
    this.optionsEnd = rdataEnd;
    let option = rdataAt;
    while (option < rdataEnd) {
      const data = option + OPTION_HEADER;
      if (data > rdataEnd) return false;
      const length = (message[option + 2] << 8) | message[option + 3];
      if (data + length > rdataEnd) return false;
      this.#readOption((message[option] << 8) | message[option + 1], data, length);
      option = data + length;
    }
    return true;
  }

  /** Reads a cookie. Of several cookies, the first counts (RFC 7873 §5.2). */
  #readCookie(at: number, length: number): void {
    if (this.cookieAt !== NO_COOKIE || this.badCookie) return;
    this.badCookie = length !== CLIENT_COOKIE && (length < MIN_COOKIE || length > MAX_COOKIE);
    if (this.badCookie) return;
    this.cookieAt = at;
    this.cookieLength = length;
  }

  #readOption(code: number, at: number, length: number): void {
    switch (code) {
      case OPTION.COOKIE:
        this.#readCookie(at, length);
        return;
      case OPTION.NSID:
        this.nsid = true;
        return;
      case OPTION.EXPIRE:
        this.expire = true;
        return;
      case OPTION.KEEPALIVE:
        this.keepalive = true;
        return;
      case OPTION.PADDING:
        this.padding = true;
        return;
      default:
        this.endToEnd = true;
    }
  }
}

/** A copy of the options in `message[at, end)` that are end to end. */
export function endToEndOptions(message: Uint8Array, at: number, end: number): Uint8Array {
  return optionsWhere(message, at, end, (code) => !HOP_BY_HOP.has(code));
}

/** A copy of the options with a wanted code. Stops at a malformed option. */
function optionsWhere(message: Uint8Array, at: number, end: number, isWanted: (code: number) => boolean): Uint8Array {
  const kept: number[] = [];
  for (let option = at; option + OPTION_HEADER <= end; ) {
    const next = option + OPTION_HEADER + ((message[option + 2] << 8) | message[option + 3]);
    if (next > end) break;
    if (isWanted((message[option] << 8) | message[option + 1])) kept.push(...message.subarray(option, next));
    option = next;
  }
  return kept.length === 0 ? NO_OPTIONS : Uint8Array.from(kept);
}

/**
 * A copy of the options of a reply in `message[at, end)` that go back to the client: extended errors, and those whose code the
 * query had too. Other options of the upstream are for this server only (RFC 6891 §6.1.1).
 *
 * @param asked the options sent with the query
 */
export function passedOptions(message: Uint8Array, at: number, end: number, asked: Uint8Array): Uint8Array {
  const codes = new Set<number>([OPTION.EDE]);
  for (let option = 0; option + OPTION_HEADER <= asked.length; ) {
    codes.add((asked[option] << 8) | asked[option + 1]);
    option += OPTION_HEADER + ((asked[option + 2] << 8) | asked[option + 3]);
  }
  return optionsWhere(message, at, end, (code) => codes.has(code));
}

/**
 * The OPT record of an answer. Must be set before the records are written, as it takes room. -1 or undefined leaves an option
 * out.
 */
export class OptReply {
  /** Info code of an extended error (RFC 8914). */
  ede = NO_EDE;
  /** Seconds until a secondary's copy of the zone expires (RFC 7314). */
  expire = -1;
  /** Idle timeout of the connection, in units of 100 ms (RFC 7828). */
  keepalive = -1;
  /** Whether to pad to a multiple of 468 octets (RFC 7830, RFC 8467 §4.1). */
  padded = false;
  /** This server's identifier (RFC 5001), if the client asks for it. */
  nsid: Uint8Array | undefined;
  /** Client and server cookie (RFC 7873); undefined if the client sent none. */
  cookie: Uint8Array | undefined;
  /** UDP payload size to offer; at most `MAX_UDP_QUERY` is written. */
  payload = 0;
  dnssecOk = false;
  /** Options of an upstream's reply to pass on, in wire form. */
  passed: Uint8Array = NO_OPTIONS;

  reset(): void {
    this.ede = NO_EDE;
    this.expire = -1;
    this.keepalive = -1;
    this.padded = false;
    this.nsid = undefined;
    this.cookie = undefined;
    this.passed = NO_OPTIONS;
  }

  /** Sets this server's identifier, unless the record would need more than `room` octets. */
  setNsid(id: Uint8Array | undefined, room: number): void {
    if (id && this.size + OPTION_HEADER + id.length + LATER_OPTIONS <= room) this.nsid = id;
  }

  /** Octets of the record without padding. */
  get size(): number {
    let size = OPT_FIXED;
    if (this.cookie) size += OPTION_HEADER + this.cookie.length;
    if (this.nsid) size += OPTION_HEADER + this.nsid.length;
    if (this.expire >= 0) size += OPTION_HEADER + 4;
    if (this.keepalive >= 0) size += OPTION_HEADER + 2;
    if (this.ede !== NO_EDE) size += OPTION_HEADER + 2;
    size += this.passed.length;
    return size;
  }

  /**
   * Writes the record and returns the index of the octet behind it.
   *
   * @param rcode the complete rcode; this record has its upper eight bits (RFC 6891 §6.1.3)
   * @param limit most octets of the message
   */
  write(out: Uint8Array, start: number, rcode: number, limit: number): number {
    let at = start;
    out[at++] = 0;
    at = writeUint16(out, at, TYPE.OPT);
    at = writeUint16(out, at, Math.min(this.payload, MAX_UDP_QUERY));
    out[at++] = rcode >>> 4;
    out[at++] = 0;
    at = writeUint16(out, at, this.dnssecOk ? 0x8000 : 0);
    const lengthAt = at;
    at += 2;
    if (this.cookie) at = writeOption(out, at, OPTION.COOKIE, this.cookie);
    if (this.nsid) at = writeOption(out, at, OPTION.NSID, this.nsid);
    if (this.expire >= 0) {
      at = writeUint16(out, writeUint16(out, at, OPTION.EXPIRE), 4);
      at = writeUint16(out, writeUint16(out, at, this.expire >>> 16), this.expire);
    }
    if (this.keepalive >= 0)
      at = writeUint16(out, writeUint16(out, writeUint16(out, at, OPTION.KEEPALIVE), 2), this.keepalive);
    if (this.ede !== NO_EDE) at = writeUint16(out, writeUint16(out, writeUint16(out, at, OPTION.EDE), 2), this.ede);
    for (let i = 0; i < this.passed.length; i++) out[at++] = this.passed[i];
    if (this.padded) at = writePadding(out, at, limit);
    writeUint16(out, lengthAt, at - lengthAt - 2);
    return at;
  }
}

function writePadding(out: Uint8Array, start: number, limit: number): number {
  const data = start + OPTION_HEADER;
  if (data > limit) return start;
  const end = Math.min(limit, Math.ceil(data / PADDING_BLOCK) * PADDING_BLOCK);
  writeUint16(out, writeUint16(out, start, OPTION.PADDING), end - data);
  out.fill(0, data, end);
  return end;
}

function writeOption(out: Uint8Array, start: number, code: number, data: Uint8Array): number {
  let at = writeUint16(out, writeUint16(out, start, code), data.length);
  for (let i = 0; i < data.length; i++) out[at++] = data[i];
  return at;
}

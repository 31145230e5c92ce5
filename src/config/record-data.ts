/**
 * The data of static records. Whatever they are written in, JSON or a master file, they become the text that a master file has
 * (RFC 1035 section 5.1), in one spelling, so that equal data are equal texts.
 */
import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { quoteString } from "../base/character-strings.js";
import { isObject } from "../base/lenient.js";
import { type Findings, type Format, integer, textual } from "./format.js";
import { readMembers } from "./members.js";
import { readRecordName } from "./names.js";
import type { StaticType } from "./static-record.js";

export const STATIC_TYPES: readonly StaticType[] = ["A", "AAAA", "CNAME", "TXT", "SRV", "MX", "CAA", "NS"];
/** In seconds (RFC 2181 section 8). */
export const MAX_TTL = 2 ** 31 - 1;

export function readStaticType(text: string): StaticType | undefined {
  const type = text.toUpperCase();
  return STATIC_TYPES.find((each) => each === type);
}

/** What is allowed instead of a text that is no type. */
export function allowedTypes(text: string, allowed: string): string {
  return text.toUpperCase() === "SOA" ? `${allowed}; the server makes the SOA record itself` : allowed;
}

const UINT8 = 255;
const UINT16 = 65_535;
/** Octets of a character-string (RFC 1035 section 3.3), and of all those of a record. */
const MAX_STRING = 255;
const MAX_TEXT = 4000;
/** Texts of a record in a master file: each takes an octet more, even if it is empty. */
const MAX_STRINGS = 64;

const IPV4 = "an IPv4 address such as 192.0.2.1";
const IPV6 = "an IPv6 address such as 2001:db8::1";
const TARGET = 'a host name, complete with a final dot ("www.example.org.") or below the domain ("www")';
const TEXT = `a string of at most ${MAX_TEXT} octets`;

/** A name that a record points to: with the final dot if it is complete. "." is the root, which means none (RFC 7505). */
function readTarget(text: string): string | undefined {
  if (text === ".") return text;
  const name = readRecordName(text);
  return name === undefined || name.includes("*") ? undefined : `${name}${text.endsWith(".") ? "." : ""}`;
}

/** A tag consists of ASCII letters and digits (RFC 8659 section 4.1). */
function readTag(text: string): string | undefined {
  return /^[a-z0-9]{1,15}$/i.test(text) ? text.toLowerCase() : undefined;
}

const readIPv4 = (text: string) => (isIPv4(text) ? text : undefined);
function readIPv6(text: string): string | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? undefined : address.toString();
}

const textValue = (text: string) => (Buffer.byteLength(text) <= MAX_TEXT ? quoteAll(Buffer.from(text)) : undefined);

const target = textual(TARGET, readTarget);
const number16 = integer(0, UINT16);

interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

interface Mx {
  readonly preference: number;
  readonly exchange: string;
}

interface Caa {
  readonly flags: number;
  readonly tag: string;
  readonly value: string;
}

/** An object, all of whose members are needed. */
function objectOf<T extends object>(
  example: string,
  formats: { readonly [Name in keyof T]-?: Format<Exclude<T[Name], undefined>> },
  text: (value: T) => string,
): Format<string> {
  return {
    allowed: example,
    fromText: (line) => line,
    read(value, findings) {
      if (!isObject(value)) return refuse(value, findings, example);
      const members = readMembers<T>(value, formats, findings);
      if (!members) return undefined;
      const missing = (Object.keys(formats) as (keyof T & string)[]).filter((name) => members[name] === undefined);
      if (missing.length > 0) return refuse(value, findings, `${missing.join(" and ")} too, as in ${example}`);
      return text(members as T);
    },
  };
}

function refuse(value: unknown, { fault }: Findings, allowed: string): undefined {
  fault("", value, allowed);
  return undefined;
}

/** The formats of data in JSON, by type. */
export const DATA: { readonly [Type in StaticType]: Format<string> } = {
  A: textual(IPV4, readIPv4, (text) => (isIPv6(text) ? `${IPV4}; one of IPv6 goes into a record of type AAAA` : IPV4)),
  AAAA: textual(IPV6, readIPv6, (text) => (isIPv4(text) ? `${IPV6}; one of IPv4 goes into a record of type A` : IPV6)),
  CNAME: target,
  NS: target,
  TXT: textual(TEXT, textValue),
  SRV: objectOf<Srv>(
    '{"priority": 0, "weight": 5, "port": 5432, "target": "db1.example.com."}',
    { priority: number16, weight: number16, port: number16, target },
    (srv) => `${srv.priority} ${srv.weight} ${srv.port} ${srv.target}`,
  ),
  MX: objectOf<Mx>(
    '{"preference": 10, "exchange": "mx1.example.org."}',
    { preference: number16, exchange: target },
    (mx) => `${mx.preference} ${mx.exchange}`,
  ),
  CAA: objectOf<Caa>(
    '{"flags": 0, "tag": "issue", "value": "ca.example"}',
    {
      flags: integer(0, UINT8),
      tag: textual("letters and digits, such as issue", readTag),
      value: textual(TEXT, textOnce),
    },
    (caa) => `${caa.flags} ${caa.tag} ${caa.value}`,
  ),
};

/** A word of a master file, or a quoted text there. */
export interface Word {
  /** Escapes are resolved: one character an octet. */
  readonly text: string;
  readonly quoted: boolean;
}

/**
 * Data from the words of a master file. A name without a final dot is relative, as in JSON.
 *
 * @returns the text, or undefined with what is allowed instead
 */
export function dataOf(type: StaticType, words: readonly Word[]): { readonly text?: string; readonly allowed: string } {
  const texts = words.map(({ text }) => text);
  const { shape, read } = FROM_WORDS[type];
  const text = read(texts);
  return text === undefined ? { allowed: `${type} ${shape}` } : { text, allowed: "" };
}

const one = (texts: readonly string[], read: (text: string) => string | undefined) =>
  texts.length === 1 ? read(texts[0] ?? "") : undefined;

/** All of these numbers as they stand, if each is at most `max`. */
function numbers(texts: readonly string[], max: number): string | undefined {
  return texts.every((text) => /^\d{1,5}$/.test(text) && Number(text) <= max) ? texts.map(Number).join(" ") : undefined;
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join(" ");
}

interface WordReader {
  readonly shape: string;
  readonly read: (texts: readonly string[]) => string | undefined;
}

const FROM_WORDS: { readonly [Type in StaticType]: WordReader } = {
  A: { shape: "with one IPv4 address", read: (texts) => one(texts, readIPv4) },
  AAAA: { shape: "with one IPv6 address", read: (texts) => one(texts, readIPv6) },
  CNAME: { shape: "with one name", read: (texts) => one(texts, readTarget) },
  NS: { shape: "with one name", read: (texts) => one(texts, readTarget) },
  TXT: {
    shape: `with at most ${MAX_STRINGS} texts of at most ${MAX_STRING} octets each, and ${MAX_TEXT} in all`,
    read: (texts) => {
      const size = texts.reduce((sum, text) => sum + text.length, 0);
      const isCountable = texts.length > 0 && texts.length <= MAX_STRINGS;
      const fits = isCountable && texts.every((text) => text.length <= MAX_STRING) && size <= MAX_TEXT;
      return fits ? texts.map((text) => quoteString(Buffer.from(text, "latin1"))).join(" ") : undefined;
    },
  },
  SRV: {
    shape: "with priority, weight, port and target",
    read: (texts) => joined(numbers(texts.slice(0, 3), UINT16), one(texts.slice(3), readTarget)),
  },
  MX: {
    shape: "with preference and exchange",
    read: (texts) => joined(numbers(texts.slice(0, 1), UINT16), one(texts.slice(1), readTarget)),
  },
  CAA: {
    shape: `with flags, tag and value, such as 0 issue "ca.example", and a value of at most ${MAX_TEXT} octets`,
    read: ([flags = "", tag = "", ...rest]) =>
      joined(
        numbers([flags], UINT8),
        readTag(tag),
        one(rest, (text) => (text.length <= MAX_TEXT ? quoteString(Buffer.from(text, "latin1")) : undefined)),
      ),
  },
};

/** The types whose data end with a name. */
const POINTING: ReadonlySet<StaticType> = new Set(["CNAME", "NS", "MX", "SRV"]);

/** The name, complete or relative, that data of this type point to; `undefined` if the type points to none. */
export function targetOf(type: StaticType, text: string): string | undefined {
  return POINTING.has(type) ? text.slice(text.lastIndexOf(" ") + 1) : undefined;
}

function textOnce(text: string): string | undefined {
  return Buffer.byteLength(text) <= MAX_TEXT ? quoteString(Buffer.from(text)) : undefined;
}

/** A text as the character-strings of a TXT record: as few as hold it. */
function quoteAll(octets: Uint8Array): string {
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += MAX_STRING) {
    strings.push(quoteString(octets.subarray(at, at + MAX_STRING)));
  }
  return strings.join(" ");
}

/** Splits a master file (RFC 1035 section 5.1) into entries of words. */
import { ESCAPE, unescapeString } from "../base/character-strings.js";
import type { Word } from "./record-data.js";

/** A directive or a record: a line, or several that parentheses join. */
export interface MasterEntry {
  /** The number of its first line, from 1. */
  readonly line: number;
  /** Whether it begins with white space: the owner is the one before. */
  readonly isIndented: boolean;
  readonly words: readonly Word[];
}

/** A phrase that completes "allowed: …", and its line. */
export interface MasterFault {
  readonly line: number;
  readonly got: string;
  readonly allowed: string;
}

const CR = /\r$/;
/**
 * White space, a comment, a parenthesis, a quoted text, or a word; a quotation mark alone is a text without an end. Every character is
 * part of one of them: what is no space in a master file, such as a carriage return within a line, makes a word that is refused.
 */
const PIECES =
  /(?<space>[ \t]+)|(?<comment>;[^\r]*)|(?<sign>[()])|"(?<quoted>(?:[^"\\]|\\.)*)"|(?<open>".*)|(?<word>(?:[^ \t;()"\\]|\\.)+|\\)/gsy;
const MAX_OCTET = 255;

/** The entries of a master file, and the faults that keep it from being split. */
export function masterEntries(text: string): {
  readonly entries: readonly MasterEntry[];
  readonly faults: readonly MasterFault[];
} {
  const entries: MasterEntry[] = [];
  const faults: MasterFault[] = [];
  let open: { line: number; isIndented: boolean; words: Word[] } | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = index + 1;
    const own = raw.replace(CR, "");
    let depth = open ? 1 : 0;
    const current = open ?? { line, isIndented: /^[ \t]/.test(own), words: [] };
    for (const { groups = {} } of own.matchAll(PIECES)) {
      const { sign, quoted, open: unfinished, word } = groups;
      if (sign !== undefined) depth += sign === "(" ? 1 : -1;
      if (depth < 0 || depth > 1) {
        faults.push({ line, got: sign ?? "", allowed: "parentheses in pairs, none inside others" });
        depth = Math.min(1, Math.max(0, depth));
      }
      if (unfinished !== undefined) faults.push({ line, got: unfinished, allowed: "a quotation mark at the end too" });
      if (word?.includes("\\")) faults.push({ line, got: word, allowed: "escapes between quotation marks alone" });
      for (const wrong of wrongEscapes(quoted))
        faults.push({ line, got: wrong, allowed: `escapes up to \\${MAX_OCTET}` });
      if (quoted !== undefined) current.words.push({ text: unescapeString(octetsOf(quoted)), quoted: true });
      else if (word !== undefined) current.words.push({ text: octetsOf(word), quoted: false });
    }
    open = depth > 0 ? current : undefined;
    if (!open && current.words.length > 0) entries.push(current);
  }
  if (open) faults.push({ line: open.line, got: "(", allowed: "a closing parenthesis too" });
  return { entries, faults };
}

/** Those that are no octet. */
function wrongEscapes(text = ""): readonly string[] {
  const escapes = Array.from(text.matchAll(ESCAPE), ([given, digits]) => ({ given, digits }));
  return escapes.filter(({ digits }) => Number(digits ?? 0) > MAX_OCTET).map(({ given }) => given);
}

/** The text with one character an octet. */
function octetsOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

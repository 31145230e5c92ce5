/**
 * Characters that a terminal interprets instead of showing them: control characters, C1 included, line separators, and characters
 * that change the direction of text (Unicode Standard Annex 9). Names in a cluster can contain all of them.
 */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Untrusted text made safe for a terminal, on one line: an escape character becomes `\x1b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/**
 * A line of JSON made safe for a terminal: escapes the characters that JSON.stringify leaves as they are. Keeps the newline at
 * its end.
 */
export function printableJson(line: string): string {
  return line.replace(UNPRINTABLE, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

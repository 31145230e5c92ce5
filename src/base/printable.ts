/**
 * What a terminal would act on instead of showing it: control characters, those of C1 included, and what turns the direction of text
 * (Unicode Standard Annex 9). Names in a cluster may have all of them.
 */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from elsewhere for a terminal, on one line: `\x1b` for an escape character. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** A line of JSON with what JSON.stringify leaves of those characters escaped as JSON has it. Its own end of line stays. */
export function printableJson(line: string): string {
  return line.replace(UNPRINTABLE, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

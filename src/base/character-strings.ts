/** Character-strings as a master file has them in quotation marks (RFC 1035 section 5.1). */

/** Matches a backslash and what it stands before: three digits of an octet, or a character that stands for itself. */
export const ESCAPE = /\\(?:(\d{3})|(.))/gs;

/** The octets in quotation marks, with everything that is not printable ASCII escaped. */
export function quoteString(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) {
    const character = String.fromCharCode(octet);
    if (character === '"' || character === "\\") text += `\\${character}`;
    else text += octet >= 0x20 && octet < 0x7f ? character : `\\${octet.toString().padStart(3, "0")}`;
  }
  return `"${text}"`;
}

/** The text between quotation marks without its escapes. Has a character for each octet, as the text has to have. */
export function unescapeString(text: string): string {
  return text.replace(ESCAPE, (_all, digits?: string, character?: string) =>
    digits === undefined ? (character ?? "") : String.fromCharCode(Number(digits) & 0xff),
  );
}

/** Characters of a text that are told: a host name has at most 253. */
export const MAX_TEXT = 256;
/** Characters of an id that is told: Mesos takes none of more than 255 octets, and two of them fit into the address of a page. */
export const MAX_ID = 512;

/** The text itself, or its beginning with an ellipsis. Nobody but the cluster limits the names in it. */
export function cut(text: string, most = MAX_TEXT): string {
  if (text.length <= most) return text;
  // No half of a character that takes two units.
  const end = isFirstHalf(text.charCodeAt(most - 2)) ? most - 2 : most - 1;
  return `${text.slice(0, end)}…`;
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

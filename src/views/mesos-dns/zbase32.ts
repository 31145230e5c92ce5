const ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769";
const BITS = 5;

/** The lowest bits of a number in z-base-32. @param characters of five bits each; at most six */
export function toZBase32(bits: number, characters: number): string {
  let text = "";
  for (let i = characters - 1; i >= 0; i--) text += ALPHABET[(bits >>> (i * BITS)) & 31];
  return text;
}

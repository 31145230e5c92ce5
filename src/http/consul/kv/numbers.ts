const MAX_UINT64 = 18_446_744_073_709_551_615n;
const DIGITS = /^\d{1,20}$/;
/** An integer of more digits is written as text, so that it can be read without loss. */
const EXACT_DIGITS = 15;
const NUMBER = /[-+.\deE]+/y;

/** An unsigned number of 64 bits; `undefined` for anything else. */
export function parseUint64(text: string): bigint | undefined {
  if (!DIGITS.test(text)) return undefined;
  const number = BigInt(text);
  return number <= MAX_UINT64 ? number : undefined;
}

/**
 * JSON in which integers too long for a number of JavaScript's are text.
 *
 * @param json valid JSON
 */
export function withExactNumbers(json: string): string {
  const pieces: string[] = [];
  let kept = 0;
  for (let at = 0; at < json.length; ) {
    const character = json[at];
    if (character === '"') at = endOfText(json, at);
    else if (character === "-" || (character !== undefined && character >= "0" && character <= "9")) {
      NUMBER.lastIndex = at;
      const [number = ""] = NUMBER.exec(json) ?? [];
      if (number.length > EXACT_DIGITS && DIGITS.test(number)) {
        pieces.push(json.slice(kept, at), `"${number}"`);
        kept = at + number.length;
      }
      at += number.length;
    } else at++;
  }
  return pieces.join("") + json.slice(kept);
}

/** The place behind the text that begins at `start`. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

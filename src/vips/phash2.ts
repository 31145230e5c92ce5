/** What Erlang calls the golden ratio, 2^32 divided by it. */
const GOLDEN = 0x9e3779b9;
/** Erlang hashes an octet string as the rest of a list that begins with nothing: its third word begins with 13 times that number. */
const BEGIN = 0x08d12e65;
const BLOCK = 12;
const WORD = 4;

/** Shifts of the nine steps: to the right those at 0, 2, 3, 5, 6 and 8, to the left the others. */
const SHIFTS = [13, 8, 13, 12, 16, 5, 3, 10, 15] as const;
const LEFT: ReadonlySet<number> = new Set([1, 4, 7]);

/**
 * Erlang's portable hash of an octet string, `erlang:phash2(Octets, 4294967296)`: Bob Jenkins' hash of 1996 with another beginning. The
 * string must not be empty.
 *
 * @returns 32 bits without sign
 */
export function phash2(octets: Uint8Array): number {
  const state: Words = [GOLDEN, GOLDEN, BEGIN];
  let at = 0;
  for (; octets.length - at >= BLOCK; at += BLOCK) {
    for (let i = 0; i < state.length; i++) state[i] = (state[i] + wordAt(octets, at + i * WORD, WORD)) >>> 0;
    mix(state);
  }
  state[0] = (state[0] + wordAt(octets, at, WORD)) >>> 0;
  state[1] = (state[1] + wordAt(octets, at + WORD, WORD)) >>> 0;
  // The lowest octet of the last word is where the length goes.
  state[2] = (state[2] + octets.length + (wordAt(octets, at + 2 * WORD, WORD - 1) << 8)) >>> 0;
  mix(state);
  return state[2];
}

type Words = [a: number, b: number, c: number];

/** Up to four octets as a number, the first one lowest. Octets that are missing are zero. */
function wordAt(octets: Uint8Array, at: number, count: number): number {
  let word = 0;
  for (let i = 0; i < count; i++) word |= (octets[at + i] ?? 0) << (8 * i);
  return word >>> 0;
}

function mix(state: Words): void {
  SHIFTS.forEach((bits, step) => {
    const x = step % 3;
    const y = state[(x + 1) % 3];
    const z = state[(x + 2) % 3];
    const shifted = LEFT.has(step) ? z << bits : z >>> bits;
    state[x] = ((state[x] - y - z) ^ shifted) >>> 0;
  });
}

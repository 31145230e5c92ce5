/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits. JavaScript has no fast 64-bit integers, so each
 * of the four words of state is a pair of 32-bit halves, low half first.
 */
const V0 = 0;
const V1 = 2;
const V2 = 4;
const V3 = 6;

const COMPRESSION_ROUNDS = 2;
const FINALIZATION_ROUNDS = 4;

const state = new Int32Array(8);

/**
 * Writes the eight octets of the hash of `input[0, length)` to `out` at `at`.
 *
 * @param key the secret's 16 octets
 */
export function sipHash(key: Uint8Array, input: Uint8Array, length: number, out: Uint8Array, at: number): void {
  const k0 = [readLow(key, 0), readLow(key, 4)];
  const k1 = [readLow(key, 8), readLow(key, 12)];
  set(V0, k0[0] ^ 0x70736575, k0[1] ^ 0x736f6d65);
  set(V1, k1[0] ^ 0x6e646f6d, k1[1] ^ 0x646f7261);
  set(V2, k0[0] ^ 0x6e657261, k0[1] ^ 0x6c796765);
  set(V3, k1[0] ^ 0x79746573, k1[1] ^ 0x74656462);
  const whole = length & ~7;
  for (let i = 0; i < whole; i += 8) absorb(readLow(input, i), readLow(input, i + 4));
  let low = 0;
  let high = length << 24;
  for (let i = whole; i < length; i++) {
    const shift = (i & 3) * 8;
    if (i - whole < 4) low |= input[i] << shift;
    else high |= input[i] << shift;
  }
  absorb(low, high);
  state[V2] ^= 0xff;
  for (let i = 0; i < FINALIZATION_ROUNDS; i++) round();
  writeLow(out, at, state[V0] ^ state[V1] ^ state[V2] ^ state[V3]);
  writeLow(out, at + 4, state[V0 + 1] ^ state[V1 + 1] ^ state[V2 + 1] ^ state[V3 + 1]);
}

function absorb(low: number, high: number): void {
  state[V3] ^= low;
  state[V3 + 1] ^= high;
  for (let i = 0; i < COMPRESSION_ROUNDS; i++) round();
  state[V0] ^= low;
  state[V0 + 1] ^= high;
}

function round(): void {
  add(V0, V1);
  rotateXor(V1, 13, V0);
  swap(V0);
  add(V2, V3);
  rotateXor(V3, 16, V2);
  add(V0, V3);
  rotateXor(V3, 21, V0);
  add(V2, V1);
  rotateXor(V1, 17, V2);
  swap(V2);
}

/** a += b */
function add(a: number, b: number): void {
  const low = (state[a] >>> 0) + (state[b] >>> 0);
  state[a + 1] = state[a + 1] + state[b + 1] + (low > 0xffffffff ? 1 : 0);
  state[a] = low;
}

/** a = (a <<< bits) ^ b, for fewer than 32 bits */
function rotateXor(a: number, bits: number, b: number): void {
  const low = (state[a] << bits) | (state[a + 1] >>> (32 - bits));
  const high = (state[a + 1] << bits) | (state[a] >>> (32 - bits));
  state[a] = low ^ state[b];
  state[a + 1] = high ^ state[b + 1];
}

/** a <<<= 32 */
function swap(a: number): void {
  const low = state[a];
  state[a] = state[a + 1];
  state[a + 1] = low;
}

function set(word: number, low: number, high: number): void {
  state[word] = low;
  state[word + 1] = high;
}

function readLow(octets: Uint8Array, at: number): number {
  return octets[at] | (octets[at + 1] << 8) | (octets[at + 2] << 16) | (octets[at + 3] << 24);
}

function writeLow(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value;
  octets[at + 1] = value >>> 8;
  octets[at + 2] = value >>> 16;
  octets[at + 3] = value >>> 24;
}

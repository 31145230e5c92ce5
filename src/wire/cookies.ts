import { sipHash } from "./siphash.js";

/** Octets of a client cookie, and of a server cookie made by this server (RFC 7873 §4, RFC 9018 §4). */
export const CLIENT_COOKIE = 8;
export const SERVER_COOKIE = 16;
/** Octets of both cookies together: other servers' cookies may have 8 to 32 octets. */
export const MIN_COOKIE = CLIENT_COOKIE + 8;
export const MAX_COOKIE = CLIENT_COOKIE + 32;

const VERSION = 1;
const TIMESTAMP_AT = 4;
const HASH_AT = 8;
const HASH = 8;
/**
 * How long a cookie is valid, how far its time may be ahead of this clock, and from which age on it is replaced (RFC 9018 §4.3).
 */
const LIFETIME_SECONDS = 3600;
const AHEAD_SECONDS = 300;
const RENEWAL_SECONDS = 1800;
const MAX_ADDRESS = 16;

/** Makes and checks server cookies (RFC 9018). They need no state and are valid on every server with the same secret. */
export class Cookies {
  /** Client and server cookie for the last answer (RFC 7873). */
  readonly cookie = new Uint8Array(CLIENT_COOKIE + SERVER_COOKIE);
  readonly #secret: Uint8Array;
  readonly #previous: Uint8Array | undefined;
  readonly #input = new Uint8Array(CLIENT_COOKIE + HASH_AT + MAX_ADDRESS);
  readonly #hash = new Uint8Array(HASH);

  /** @param secret 16 octets @param previous an older secret, whose cookies are still valid */
  constructor(secret: Uint8Array, previous?: Uint8Array) {
    this.#secret = secret;
    this.#previous = previous;
  }

  /**
   * Whether `message[at, at + length)`, a client cookie with a server cookie, is valid for this client.
   *
   * @param client 4 or 16 octets of the client's address
   * @param now seconds since the epoch
   */
  isValid(message: Uint8Array, at: number, length: number, client: Uint8Array, now: number): boolean {
    if (length !== CLIENT_COOKIE + SERVER_COOKIE || message[at + CLIENT_COOKIE] !== VERSION) return false;
    const age = this.#age(message, at, now);
    if (age > LIFETIME_SECONDS || age < -AHEAD_SECONDS) return false;
    const input = this.#input;
    for (let i = 0; i < CLIENT_COOKIE + HASH_AT; i++) input[i] = message[at + i];
    input.set(client, CLIENT_COOKIE + HASH_AT);
    const size = CLIENT_COOKIE + HASH_AT + client.length;
    const hashAt = at + CLIENT_COOKIE + HASH_AT;
    return this.#matches(this.#secret, size, message, hashAt) || this.#matches(this.#previous, size, message, hashAt);
  }

  /**
   * Sets `cookie` for the answer to the cookie at `message[at, at + length)`: the same one while it is valid and young, otherwise
   * a new one. Returns whether the client's was valid.
   */
  answer(message: Uint8Array, at: number, length: number, client: Uint8Array, now: number): boolean {
    const isValid = this.isValid(message, at, length, client, now);
    const out = this.cookie;
    const keep = isValid && this.#age(message, at, now) < RENEWAL_SECONDS;
    const copied = keep ? CLIENT_COOKIE + SERVER_COOKIE : CLIENT_COOKIE;
    for (let i = 0; i < copied; i++) out[i] = message[at + i];
    if (keep) return true;
    const input = this.#input;
    for (let i = 0; i < CLIENT_COOKIE; i++) input[i] = message[at + i];
    input.fill(0, CLIENT_COOKIE, CLIENT_COOKIE + HASH_AT);
    input[CLIENT_COOKIE] = VERSION;
    for (let i = 0; i < 4; i++) input[CLIENT_COOKIE + TIMESTAMP_AT + i] = now >>> (24 - 8 * i);
    input.set(client, CLIENT_COOKIE + HASH_AT);
    for (let i = 0; i < HASH_AT; i++) out[CLIENT_COOKIE + i] = input[CLIENT_COOKIE + i];
    const size = CLIENT_COOKIE + HASH_AT + client.length;
    sipHash(this.#secret, input, size, out, CLIENT_COOKIE + HASH_AT);
    return isValid;
  }

  /** Seconds since the server cookie was made, in serial number arithmetic (RFC 1982): the field has 32 bits. */
  #age(message: Uint8Array, at: number, now: number): number {
    const field = at + CLIENT_COOKIE + TIMESTAMP_AT;
    const made = (message[field] << 24) | (message[field + 1] << 16) | (message[field + 2] << 8) | message[field + 3];
    return (now - made) | 0;
  }

  #matches(secret: Uint8Array | undefined, size: number, message: Uint8Array, hashAt: number): boolean {
    if (!secret) return false;
    sipHash(secret, this.#input, size, this.#hash, 0);
    let difference = 0;
    for (let i = 0; i < HASH; i++) difference |= this.#hash[i] ^ message[hashAt + i];
    return difference === 0;
  }
}

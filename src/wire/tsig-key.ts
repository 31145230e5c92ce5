import { encodeName } from "./names.js";

/** HMAC-MD5 is left out: RFC 8945 §6 says that it must not be used. */
export type TsigAlgorithm = "hmac-sha1" | "hmac-sha224" | "hmac-sha256" | "hmac-sha384" | "hmac-sha512";

/** A secret that this server and another one share. */
export interface TsigKey {
  /** Dotted, lower case, without the final dot. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** Never to be shown to anybody. */
  readonly secret: Uint8Array;
}

/** Octets of each algorithm's whole MAC. */
const MAC_SIZES: Readonly<Record<TsigAlgorithm, number>> = {
  "hmac-sha1": 20,
  "hmac-sha224": 28,
  "hmac-sha256": 32,
  "hmac-sha384": 48,
  "hmac-sha512": 64,
};

/** Least octets of a truncated MAC, whatever the algorithm (RFC 8945 §5.2.2.1). */
const LEAST_MAC = 10;

/** All that the records of a key need. */
export interface KnownKey {
  readonly key: TsigKey;
  /** The key's name and the algorithm's, in lower-case wire form. */
  readonly wireName: Uint8Array;
  readonly wireAlgorithm: Uint8Array;
  /** Octets of a whole MAC, and the least that a truncated one may have. */
  readonly macSize: number;
  readonly leastMac: number;
}

export function knownKey(key: TsigKey): KnownKey {
  const macSize = MAC_SIZES[key.algorithm];
  return {
    key,
    wireName: encodeName(key.name),
    wireAlgorithm: encodeName(key.algorithm),
    macSize,
    leastMac: Math.max(LEAST_MAC, macSize / 2),
  };
}

/** The keys that this server knows, by their names. */
export class TsigKeys {
  readonly #byName = new Map<string, KnownKey>();

  /** @param keys with different names */
  constructor(keys: readonly TsigKey[]) {
    for (const key of keys) {
      const known = knownKey(key);
      this.#byName.set(textOf(known.wireName), known);
    }
  }

  get size(): number {
    return this.#byName.size;
  }

  /** The key with a name in lower-case wire form. */
  find(wireName: Uint8Array): KnownKey | undefined {
    return this.#byName.get(textOf(wireName));
  }

  /** The key with a name in dotted form, lower case, without the final dot. */
  get(name: string): TsigKey | undefined {
    return this.find(encodeName(name))?.key;
  }
}

function textOf(wireName: Uint8Array): string {
  return Buffer.from(wireName.buffer, wireName.byteOffset, wireName.length).toString("latin1");
}

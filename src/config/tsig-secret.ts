/** The secrets of TSIG keys: how they are written, and which are weak. */
import type { TsigAlgorithmName } from "./config.js";

/** Octets of each algorithm's digest. A secret of at least half of that is not what an attacker would guess at (RFC 2104 §3). */
const DIGEST: Readonly<Record<TsigAlgorithmName, number>> = {
  "hmac-sha1": 20,
  "hmac-sha224": 28,
  "hmac-sha256": 32,
  "hmac-sha384": 48,
  "hmac-sha512": 64,
};

export const ALGORITHMS = Object.keys(DIGEST) as readonly TsigAlgorithmName[];

/** An algorithm by its name in any letter case, which may have a final dot. */
export function readAlgorithm(text: string): TsigAlgorithmName | undefined {
  const name = text.toLowerCase().replace(/\.$/, "");
  return ALGORITHMS.find((algorithm) => algorithm === name);
}

/** The octets of a secret in Base64 (RFC 4648 §4); `undefined` if it is none, or empty. */
export function readSecret(text: string): Uint8Array | undefined {
  const bare = text.replace(/\s/g, "");
  const octets = Buffer.from(bare, "base64");
  return octets.length > 0 && octets.toString("base64") === bare ? Uint8Array.from(octets) : undefined;
}

/** What is weak in a key: phrases that stand behind its name. */
export function weaknessesOf(algorithm: TsigAlgorithmName, secret: Uint8Array | undefined): readonly string[] {
  const weak: string[] = [];
  if (algorithm === "hmac-sha1" || algorithm === "hmac-sha224")
    weak.push(`has ${algorithm}: take hmac-sha256 where the secondary can do it`);
  const least = DIGEST[algorithm] / 2;
  if (secret !== undefined && secret.length < least)
    weak.push(
      `has a secret of ${secret.length} octets: ${least} are the least for ${algorithm}, make one with tsig-keygen`,
    );
  return weak;
}

/** Reads `key` statements of BIND, which other servers' tools print too. */
import type { TsigAlgorithmName } from "./config.js";
import { readKeyName } from "./names.js";
import { ALGORITHMS, readAlgorithm, readSecret } from "./tsig-secret.js";

/** A key with its secret. */
export interface StatedKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithmName;
  readonly secret: Uint8Array;
}

interface Token {
  readonly text: string;
  readonly line: number;
}

const TOKENS = /\/\*[\s\S]*?\*\/|\/\/.*|#.*|"(?<quoted>[^"\n]*)"|(?<sign>[{};])|(?<word>[^\s{};"]+)/g;

/**
 * Reads a file of statements such as
 *
 *     key "ns2.example" { algorithm hmac-sha256; secret "…"; };
 *
 * @returns the keys, and a phrase with the line for each fault; no phrase repeats a secret
 */
export function readKeyStatements(text: string): {
  readonly keys: readonly StatedKey[];
  readonly faults: readonly string[];
} {
  const keys: StatedKey[] = [];
  const faults: string[] = [];
  const tokens = tokensOf(text);
  for (let at = 0; at < tokens.length; ) {
    const end = tokens.findIndex((token, index) => index > at && token.text === "}");
    const { line } = tokens[at];
    if (tokens[at].text.toLowerCase() !== "key" || tokens[at + 2]?.text !== "{" || end < 0)
      return { keys, faults: [...faults, `line ${line}: allowed: key "NAME" { algorithm …; secret "…"; };`] };
    const key = keyOf(tokens[at + 1].text, membersOf(tokens.slice(at + 3, end)));
    if (typeof key === "string") faults.push(`line ${line}: ${key}`);
    else keys.push(key);
    at = tokens[end + 1]?.text === ";" ? end + 2 : end + 1;
  }
  return { keys, faults };
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let from = 0;
  for (const { index, groups: { quoted, sign, word } = {} } of text.matchAll(TOKENS)) {
    line += text.slice(from, index).split("\n").length - 1;
    from = index;
    const token = quoted ?? sign ?? word;
    if (token !== undefined) tokens.push({ text: token, line });
  }
  return tokens;
}

/** The members of a statement, by their names. */
function membersOf(tokens: readonly Token[]): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (let at = 0; at + 1 < tokens.length; at += 3) members.set(tokens[at].text.toLowerCase(), tokens[at + 1].text);
  return members;
}

/** The key, or what is wrong with it. */
function keyOf(given: string, members: ReadonlyMap<string, string>): StatedKey | string {
  const name = readKeyName(given);
  if (name === undefined) return "the key's name is not a domain name";
  const algorithm = readAlgorithm(members.get("algorithm") ?? "");
  if (algorithm === undefined) return `the algorithm of ${name} is not one of ${ALGORITHMS.join(", ")}`;
  const secret = readSecret(members.get("secret") ?? "");
  return secret === undefined
    ? `the secret of ${name} is not Base64, as tsig-keygen prints it`
    : { name, algorithm, secret };
}

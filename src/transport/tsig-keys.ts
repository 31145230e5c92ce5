import { readFileSync, statSync } from "node:fs";
import { MesosDnsError, messageOf } from "../base/errors.js";
import type { TransferConfig } from "../config/config.js";
import { readKeyStatements } from "../config/key-statements.js";
import { allowedKeys, keyReferences } from "../config/transfer-rules.js";
import { readSecret, weaknessesOf } from "../config/tsig-secret.js";
import type { TsigKey } from "../wire/tsig.js";

type KeyConfig = Pick<TransferConfig, "tsigKeys" | "tsigKeyFile" | "allowTransfer" | "notify">;

/** The keys of the configuration and of the files that it names. */
export interface ReadKeys {
  readonly keys: readonly TsigKey[];
  /** What the operator may not have intended, a sentence each. */
  readonly warnings: readonly string[];
}

/** What is found while keys are read. */
interface Found {
  readonly keys: TsigKey[];
  readonly faults: string[];
  readonly warnings: string[];
}

const OTHERS_MAY_READ = 0o004;

/** @throws {MesosDnsError} CREDENTIALS_UNREADABLE, with a line for each fault, none of which repeats a secret */
export function readTsigKeys(config: KeyConfig): ReadKeys {
  const found: Found = { keys: [], faults: [], warnings: [] };
  for (const index of config.tsigKeys.keys()) addConfigured(config, index, found);
  if (config.tsigKeyFile !== "") addFile(config.tsigKeyFile, found);
  const known = found.keys.map(({ name }) => name);
  for (const name of new Set(known.filter((name, index) => known.indexOf(name) !== index)))
    found.faults.push(`the key ${name} stands twice, in tsigKeys and tsigKeyFile: give each name once`);
  for (const { key, at, name } of found.faults.length > 0 ? [] : keyReferences(config))
    if (!known.includes(name))
      found.faults.push(`${key}${at}: got ${JSON.stringify(name)}; allowed: ${allowedKeys(known)}`);
  if (found.faults.length > 0) throw new MesosDnsError("CREDENTIALS_UNREADABLE", found.faults.join("\n"));
  return { keys: found.keys, warnings: found.warnings };
}

function addConfigured({ tsigKeys }: KeyConfig, index: number, { keys, faults, warnings }: Found): void {
  const { name, algorithm, secret: written, secretFile } = tsigKeys[index];
  const text = written ?? readText(`tsigKeys[${index}].secretFile`, secretFile ?? "", { faults, warnings });
  if (text === undefined) return;
  const secret = readSecret(text);
  if (secret) keys.push({ name, algorithm, secret });
  else faults.push(`tsigKeys[${index}].secretFile ${secretFile} has no secret in Base64, as tsig-keygen prints it`);
  // Weak ones that stand in the configuration itself have been named already.
  if (written === undefined)
    for (const weakness of weaknessesOf(algorithm, secret)) warnings.push(`tsigKeys[${index}]: ${name} ${weakness}`);
}

function addFile(path: string, { keys, faults, warnings }: Found): void {
  const text = readText("tsigKeyFile", path, { faults, warnings });
  if (text === undefined) return;
  const stated = readKeyStatements(text);
  for (const fault of stated.faults) faults.push(`tsigKeyFile ${path}, ${fault}`);
  if (stated.keys.length === 0 && stated.faults.length === 0) warnings.push(`tsigKeyFile ${path} has no key`);
  for (const { name, algorithm, secret } of stated.keys) {
    keys.push({ name, algorithm, secret });
    for (const weakness of weaknessesOf(algorithm, secret)) warnings.push(`tsigKeyFile ${path}: ${name} ${weakness}`);
  }
}

/** The text of a file with secrets; `undefined` after a fault. */
function readText(key: string, path: string, { faults, warnings }: Omit<Found, "keys">): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    if ((statSync(path).mode & OTHERS_MAY_READ) !== 0)
      warnings.push(`${key} ${path} may be read by everybody: chmod o-r ${path}, and change the keys`);
    return text;
  } catch (cause) {
    faults.push(
      `cannot read ${key} ${path} (${messageOf(cause)}): see that the file is there and this user may read it`,
    );
    return undefined;
  }
}

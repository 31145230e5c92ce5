import { createHash } from "node:crypto";
import { byteOrder } from "../../../base/byte-order.js";
import { MesosDnsError } from "../../../base/errors.js";
import { isObject } from "../../../base/lenient.js";
import { type Rule, readRule, storedRule } from "./rule.js";

/** The text of a file of rules: JSON with the text of each rule as ZooKeeper has it, by app, and a checksum over them. */

const FORMAT = "mesos-dns rules 1";

export function encodeRules(rules: ReadonlyMap<string, Rule>): string {
  const sorted = [...rules.values()].sort((a, b) => byteOrder(a.id, b.id));
  const stored = sorted.map((rule) => [rule.id, storedRule(rule)]);
  return `${JSON.stringify({ format: FORMAT, sha256: checksum(stored), rules: stored }, undefined, 1)}\n`;
}

/** Throws MesosDnsError LB_RULES_DAMAGED. `path` is for its message. */
export function decodeRules(content: string, path: string): Map<string, Rule> {
  const damaged = (what: string) =>
    new MesosDnsError(
      "LB_RULES_DAMAGED",
      `the file of rules ${path} ${what}; put a good copy in its place, or move it away to begin without rules`,
    );
  let read: unknown;
  try {
    read = JSON.parse(content);
  } catch {
    throw damaged("is no JSON: it was cut off or changed");
  }
  if (!isObject(read) || read.format !== FORMAT || !isStored(read.rules)) throw damaged("is not one of this program");
  if (read.sha256 !== checksum(read.rules)) throw damaged("was changed by something else: its checksum is another one");
  return new Map(read.rules.map(([id, text]) => [id, readRule(id, text)]));
}

type Stored = readonly (readonly [id: string, text: string])[];

function isStored(value: unknown): value is Stored {
  return (
    Array.isArray(value) &&
    value.every((item) => Array.isArray(item) && item.length === 2 && item.every((part) => typeof part === "string"))
  );
}

function checksum(rules: readonly (readonly string[])[]): string {
  return createHash("sha256").update(JSON.stringify(rules)).digest("hex");
}

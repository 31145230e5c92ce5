import { MesosDnsError } from "../../../base/errors.js";
import { isObject } from "../../../base/lenient.js";
import { type Rule, readRule } from "./rule.js";

/**
 * The rules in a file that somebody has written: JSON with the text of each rule's znode by the id of its app.
 *
 * Throws MesosDnsError LB_RULES_UNREADABLE. `path` is for its message.
 */
export function readGivenRules(content: string, path: string): ReadonlyMap<string, Rule> {
  const wrong = (what: string) => new MesosDnsError("LB_RULES_UNREADABLE", `the file of rules ${path} ${what}`);
  let read: unknown;
  try {
    read = JSON.parse(content);
  } catch {
    throw wrong("is no JSON");
  }
  if (!isObject(read)) throw wrong('must be an object: {"/app": "path_beg /app"}');
  return new Map(
    Object.entries(read).map(([id, stored]) => {
      if (typeof stored !== "string") throw wrong(`must have a text for ${JSON.stringify(id)}, as its znode has`);
      return [id, readRule(id, stored)];
    }),
  );
}

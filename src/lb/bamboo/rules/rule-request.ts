import { isObject } from "../../../base/lenient.js";
import { member, type Rule, textsIn } from "./rule.js";
import { MAX_ID } from "./store.js";

const UNREADABLE = "Unable to decode JSON request";
const NO_ID = "can not use empty ID";
/** What a line of a configuration cannot have: whatever ends it, or is not seen. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/**
 * The rule in the body of a request, or what is wrong with it, in Bamboo's words where it has any. Keys may be in any case. The id
 * gets a slash in front.
 */
export function readRuleRequest(body: string): Rule | string {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return UNREADABLE;
  }
  if (!isObject(content)) return content === null ? NO_ID : UNREADABLE;
  const id = member(content, "id") ?? "";
  const acl = member(content, "acl") ?? "";
  const given = member(content, "config") ?? undefined;
  const config = isObject(given) ? textsIn(given) : undefined;
  if (typeof id !== "string" || typeof acl !== "string" || (given !== undefined && !config)) return UNREADABLE;
  if (id === "") return NO_ID;
  const rule: Rule = { id: id.startsWith("/") ? id : `/${id}`, acl, config };
  return faultOf(rule) ?? rule;
}

function faultOf({ id, acl, config }: Rule): string | undefined {
  if (id.length > MAX_ID) return `the id has more than ${MAX_ID} characters`;
  const texts = [["id", id], ["acl", acl], ...(config ?? [])] as const;
  const wrong = texts.find(([name, value]) => CONTROL.test(name) || CONTROL.test(value));
  if (!wrong) return undefined;
  return `${JSON.stringify(wrong[0])} has a newline or another control character: it would end the line in the configuration`;
}

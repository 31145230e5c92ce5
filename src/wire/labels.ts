import { MAX_LABEL } from "./names.js";

/**
 * How Mesos-DNS turns the names of tasks, frameworks and ports into DNS labels.
 *
 * A label keeps `a-z`, `0-9` and `-`. Upper case becomes lower case, `.` and `_` become `-`, and everything else is dropped.
 */

/** The maximum length of a label, and what is stripped from its start. */
export interface LabelRules {
  readonly maxLength: number;
  readonly leading: RegExp;
}

export const RFC1123: LabelRules = { maxLength: MAX_LABEL, leading: /^-+/ };
/** The older rules for host names: 24 characters, no leading digit. */
export const RFC952: LabelRules = { maxLength: 24, leading: /^[-0-9]+/ };

/** Matches most names: they are labels already. */
const PLAIN = /^[a-z0-9-]*[a-z0-9]$/;
const LEADING_DASHES = /^-+/;
const TRAILING_DASHES = /-+$/;

/**
 * The label for `text`, possibly "". If cutting leaves a `-` at the end, drops it and fills up with characters from after the
 * cut, so that two long names that differ only there stay different, as in Mesos-DNS.
 *
 * @param room characters available, if the caller needs part of the label for itself (`_name`)
 */
export function toLabel(text: string, rules: LabelRules, room: number = MAX_LABEL): string {
  if (text.length <= Math.min(rules.maxLength, room) && PLAIN.test(text) && !rules.leading.test(text)) return text;
  const clean = text
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/[._]/g, "-")
    .replace(/[^a-z0-9-]/g, "")
    .replace(rules.leading, "");
  const size = Math.min(clean.length, rules.maxLength, room);
  const head = clean.slice(0, size).replace(TRAILING_DASHES, "");
  if (head.length === size) return head;
  return (
    head +
    clean
      .slice(size)
      .replace(LEADING_DASHES, "")
      .slice(0, size - head.length)
  );
}

/** A framework's name as labels, joined with dots: each part between dots becomes a label, and empty ones are left out. */
export function toFragment(name: string, rules: LabelRules): string {
  return name
    .split(".")
    .map((part) => toLabel(part, rules))
    .filter((label) => label !== "")
    .join(".");
}

/**
 * The canonical name of one task: `<task>-<hash>-<agent>`. If the last label would exceed 63 octets, the task's
 * part of it is shortened, and a `-` at the cut is removed.
 */
export function canonicalName(task: string, hash: string, agent: string): string {
  const tail = `-${hash}-${agent}`;
  const lastLabel = task.slice(task.lastIndexOf(".") + 1);
  const excess = octets(lastLabel) + octets(tail) - MAX_LABEL;
  if (excess <= 0) return task + tail;
  return cutOctets(task, octets(task) - excess).replace(TRAILING_DASHES, "") + tail;
}

/** The part after the last `-` of an agent id, in lower case. */
export function agentSuffix(agentId: string): string {
  return agentId.slice(agentId.lastIndexOf("-") + 1).toLowerCase();
}

/** In UTF-8. By hand for ASCII, which nearly all names are. */
function octets(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text);
  return text.length;
}

/** The longest prefix of whole characters within `room` octets of UTF-8. */
function cutOctets(text: string, room: number): string {
  let size = 0;
  let cut = "";
  for (const character of text) {
    size += octets(character);
    if (size > room) break;
    cut += character;
  }
  return cut;
}

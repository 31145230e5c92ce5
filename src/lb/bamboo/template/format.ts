import { byteOrder } from "../../../base/byte-order.js";
import { readDirective } from "./directive.js";
import type { Meter } from "./limits.js";
import { type NilValue, typeOf, type Value } from "./values.js";
import { NO_FLAGS, type Spec, verbOf } from "./verbs.js";

/** Printing as Go's fmt does it. */

/** Like fmt.Sprint: blanks between those of which neither is a string. */
export function sprint(values: readonly Value[], meter: Meter): string {
  let printed = "";
  values.forEach((value, index) => {
    const isApart = index > 0 && value.kind !== "string" && values[index - 1]?.kind !== "string";
    const shown = show(value);
    meter.make(shown.length + 1);
    printed += (isApart ? " " : "") + shown;
  });
  return printed;
}

/** Like fmt.Sprintln. */
export function sprintln(values: readonly Value[], meter: Meter): string {
  const shown = values.map((value) => {
    const one = show(value);
    meter.make(one.length + 1);
    return one;
  });
  return `${shown.join(" ")}\n`;
}

const PLAIN: Spec = { ...NO_FLAGS, verb: "v" };

/** One value, as all of these print it if nothing else is asked for. */
export function show(value: Value): string {
  // Nearly all that is printed.
  if (value.kind === "string") return value.value;
  return value.kind === "int" ? String(value.value) : format(value, PLAIN);
}

/** Like fmt.Sprintf, with its complaints in the text where verbs and values do not fit. */
export function sprintf(pattern: string, values: readonly Value[], meter: Meter): string {
  let printed = "";
  const add = (text: string) => {
    meter.make(text.length);
    printed += text;
  };
  let next = 0;
  let reordered = false;
  for (let at = 0; at < pattern.length; ) {
    const percent = pattern.indexOf("%", at);
    if (percent !== at) add(pattern.slice(at, percent < 0 ? pattern.length : percent));
    if (percent < 0) break;
    const directive = readDirective(pattern, percent + 1, values, next);
    at = directive.end;
    reordered = directive.reordered;
    next = directive.next;
    add(directive.complaint + told(directive.spec));
  }
  if (!reordered && next < values.length) {
    values.slice(next).forEach((value, index) => {
      add((index === 0 ? "%!(EXTRA " : ", ") + typed(value));
    });
    add(")");
  }
  return printed;

  function told(spec: Spec | string | undefined): string {
    if (spec === undefined) return "";
    if (typeof spec === "string") return spec;
    const value = values[next++];
    if (!value) return `%!${spec.verb}(MISSING)`;
    meter.make(largest(value, spec));
    return format(value, spec);
  }
}

/** What is counted for each character that is quoted or written in digits: up to 15 of them, made one by one. */
const GROWTH = 64;

/** How long a value may become at the most where its verb or its width makes it longer. */
function largest(value: Value, { verb, sharp, width, precision = 0 }: Spec): number {
  const grows = "qxX".includes(verb) || sharp;
  const pad = Math.max(width, precision);
  if (!grows && pad === 0) return 0;
  const all = (items: Iterable<Value>): number => [...items].reduce((sum, item) => sum + of(item), 0);
  const of = (item: Value): number => {
    switch (item.kind) {
      case "list":
        return all(item.items);
      case "map":
        return [...item.entries.keys()].reduce(
          (sum, key) => sum + pad + GROWTH * key.length,
          all(item.entries.values()),
        );
      case "struct":
        return all(item.fields.values());
      case "string":
        return pad + GROWTH * item.value.length;
      default:
        return pad;
    }
  };
  return of(value);
}

function typed(value: Value): string {
  return value.kind === "nil" ? "<nil>" : `${typeOf(value)}=${show(value)}`;
}

/** A value by one verb. Of a list, a map or a struct, the verb is for what is inside. */
function format(value: Value, given: Spec): string {
  const { verb } = given;
  if (verb === "T") return shown(value.kind === "nil" ? "<nil>" : typeOf(value), given);
  if (value.kind === "nil") return verb === "v" ? shown("<nil>", given) : `%!${verb}(<nil>)`;
  if (verb !== "v") return formatAny(value, given, false);
  if (given.sharp) return source(value);
  // A plus asks for the names of fields, and is not for the numbers in them.
  return formatAny(value, { ...given, plus: false }, given.plus);
}

function shown(word: string, spec: Spec): string {
  return verbOf({ kind: "string", value: word }, { ...spec, verb: "s" }) ?? "";
}

function formatAny(value: Exclude<Value, NilValue>, spec: Spec, isNamed: boolean): string {
  const inside = (item: Value) => (item.kind === "nil" ? "<nil>" : formatAny(item, spec, isNamed));
  switch (value.kind) {
    case "list":
      if (spec.verb === "p") return bad(value, spec);
      return `[${value.items.map(inside).join(" ")}]`;
    case "map": {
      const entries = sortedEntries(value.entries).map(
        ([key, item]) => `${inside({ kind: "string", value: key })}:${inside(item)}`,
      );
      return `map[${entries.join(" ")}]`;
    }
    case "struct": {
      return `{${[...value.fields].map(([name, item]) => (isNamed ? `${name}:` : "") + inside(item)).join(" ")}}`;
    }
    default:
      return verbOf(value, spec) ?? bad(value, spec);
  }
}

function bad(value: Exclude<Value, NilValue>, spec: Spec): string {
  return `%!${spec.verb}(${typeOf(value)}=${show(value)})`;
}

/** The entries of a map in the order in which Go prints it and ranges over it. */
export function sortedEntries(entries: ReadonlyMap<string, Value>): [string, Value][] {
  return [...entries].sort(([a], [b]) => byteOrder(a, b));
}

/** A value as Go's source has it, for `%#v`. */
function source(value: Exclude<Value, NilValue>): string {
  const inside = (item: Value) => (item.kind === "nil" ? "interface {}(nil)" : source(item));
  switch (value.kind) {
    case "list":
      return value.isNil ? `${value.type}(nil)` : `${value.type}{${value.items.map(inside).join(", ")}}`;
    case "map": {
      const entries = sortedEntries(value.entries).map(
        ([key, item]) => `${source({ kind: "string", value: key })}:${inside(item)}`,
      );
      return `${value.type}{${entries.join(", ")}}`;
    }
    case "struct":
      return `${value.type}{${[...value.fields].map(([name, item]) => `${name}:${inside(item)}`).join(", ")}}`;
    case "string":
      return verbOf(value, { ...NO_FLAGS, verb: "q" }) ?? "";
    case "int":
      return value.isOctet ? (verbOf(value, { ...NO_FLAGS, verb: "x", sharp: true }) ?? "") : String(value.value);
    default:
      return verbOf(value, { ...NO_FLAGS, verb: "v" }) ?? "";
  }
}

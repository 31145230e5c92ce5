import { compareFunctions } from "./compare.js";
import { htmlEscaped, jsEscaped, queryEscaped } from "./escape.js";
import { sprint, sprintf, sprintln } from "./format.js";
import { FunctionFault, type TemplateFunction } from "./function.js";
import type { Meter } from "./limits.js";
import { bool, int, isTrue, NIL, text, typeOf, type Value } from "./values.js";

const printing = (print: (values: readonly Value[], meter: Meter) => string): TemplateFunction => ({
  parameters: [],
  rest: "any",
  call: (values, meter) => text(print(values, meter)),
});

/** What escaping makes of one character at the most, as of one of three octets in a URL. */
const GROWTH = 9;

/** A function of text, which gets its arguments as they would be printed. */
const escaping = (escaped: (printed: string) => string): TemplateFunction =>
  printing((values, meter) => {
    const printed = sprint(
      values.map((value) => (value.kind === "nil" ? text("<no value>") : value)),
      meter,
    );
    meter.make(GROWTH * printed.length);
    return escaped(printed);
  });

/**
 * The functions that every template has. `and` and `or` are not among those that are called: which of their arguments are
 * looked at is decided by whoever evaluates them.
 */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["and", { parameters: ["any"], rest: "any", call: ([first]) => first ?? NIL }],
  ["or", { parameters: ["any"], rest: "any", call: ([first]) => first ?? NIL }],
  ["not", { parameters: ["any"], call: ([value = NIL]) => bool(!isTrue(value)) }],
  ["len", { parameters: ["any"], call: ([value = NIL]) => int(length(value)) }],
  [
    "index",
    { parameters: ["any"], rest: "any", call: ([item = NIL, ...indexes]) => indexes.reduce(element, indexed(item)) },
  ],
  ["call", { parameters: ["any"], rest: "any", call: ([value = NIL]) => notCallable(value) }],
  ["print", printing(sprint)],
  ["println", printing(sprintln)],
  [
    "printf",
    {
      parameters: ["string"],
      rest: "any",
      call: ([format, ...values], meter) => text(sprintf(format?.kind === "string" ? format.value : "", values, meter)),
    },
  ],
  ["html", escaping(htmlEscaped)],
  ["js", escaping(jsEscaped)],
  ["urlquery", escaping(queryEscaped)],
  ...compareFunctions,
]);

function length(value: Value): number {
  switch (value.kind) {
    case "string":
      return Buffer.byteLength(value.value);
    case "list":
      return value.items.length;
    case "map":
      return value.entries.size;
    case "nil":
      throw new FunctionFault("len of nil pointer");
    default:
      throw new FunctionFault(`len of type ${typeOf(value)}`);
  }
}

function indexed(item: Value): Value {
  if (item.kind === "nil") throw new FunctionFault("index of untyped nil");
  return item;
}

function element(item: Value, index: Value): Value {
  switch (item.kind) {
    case "nil":
      throw new FunctionFault("index of nil pointer");
    case "map":
      if (index.kind === "nil") throw new FunctionFault("value is nil; should be of type string");
      if (index.kind !== "string") throw new FunctionFault(`value has type ${typeOf(index)}; should be string`);
      return item.entries.get(index.value) ?? item.zero;
    case "list": {
      const found = item.items[place(index, item.items.length)];
      if (!found) throw new FunctionFault("reflect: slice index out of range");
      return found;
    }
    case "string": {
      const octets = Buffer.from(item.value);
      const found = octets[place(index, octets.length)];
      if (found === undefined) throw new FunctionFault("reflect: string index out of range");
      return { kind: "int", value: BigInt(found), isOctet: true };
    }
    default:
      throw new FunctionFault(`can't index item of type ${typeOf(item)}`);
  }
}

function place(index: Value, length: number): number {
  if (index.kind === "nil") throw new FunctionFault("cannot index slice/array with nil");
  if (index.kind !== "int") throw new FunctionFault(`cannot index slice/array with type ${typeOf(index)}`);
  if (index.value < 0n || index.value > BigInt(length)) throw new FunctionFault(`index out of range: ${index.value}`);
  return Number(index.value);
}

function notCallable(value: Value): never {
  throw new FunctionFault(value.kind === "nil" ? "call of nil" : `non-function of type ${typeOf(value)}`);
}

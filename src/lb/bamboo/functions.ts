import { FunctionFault, type ParameterType, type TemplateFunction } from "./template/function.js";
import type { Meter } from "./template/limits.js";
import { isInt } from "./template/numbers.js";
import { bool, int, list, NIL, text, type Value } from "./template/values.js";

/** The functions that Bamboo adds to its templates. Those of text are those of Go's strings and strconv. */

type Texts = (texts: readonly string[], meter: Meter) => Value;

/** A function of strings alone. */
const ofTexts = (count: number, call: Texts): TemplateFunction => ({
  parameters: Array<ParameterType>(count).fill("string"),
  call: (values, meter) => {
    const texts = values.map(textOf);
    for (const one of texts) meter.read(one);
    return call(texts, meter);
  },
});

export const BAMBOO_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  [
    "hasKey",
    { parameters: ["map[string]service.Service", "string"], call: (values) => bool(serviceOf(values) !== undefined) },
  ],
  [
    "getService",
    {
      parameters: ["map[string]service.Service", "string"],
      call: (values) => serviceOf(values) ?? (values[0]?.kind === "map" ? values[0].zero : NIL),
    },
  ],
  ["Split", ofTexts(2, ([whole = "", separator = ""], meter) => split(whole, separator, meter))],
  ["Contains", ofTexts(2, ([whole = "", part = ""]) => bool(whole.includes(part)))],
  ["ToUpper", ofTexts(1, ([whole = ""], meter) => mapped(whole, meter, (character) => character.toUpperCase()))],
  [
    "ToLower",
    ofTexts(1, ([whole = ""], meter) =>
      mapped(whole, meter, (character) => [...character.toLowerCase()].slice(0, 1).join("")),
    ),
  ],
  ["ToInt", ofTexts(1, ([whole = ""]) => int(toInt(whole)))],
  ["Join", { parameters: ["[]string", "string"], call: join }],
  ["Replace", { parameters: ["string", "string", "string", "int"], call: replace }],
]);

function textOf(value: Value | undefined): string {
  return value?.kind === "string" ? value.value : "";
}

function serviceOf([services, id]: readonly Value[]): Value | undefined {
  return services?.kind === "map" ? services.entries.get(textOf(id)) : undefined;
}

function split(whole: string, separator: string, meter: Meter): Value {
  if (separator === "") meter.makeList(whole.length);
  const parts = separator === "" ? Array.from(whole) : whole.split(separator);
  meter.makeList(parts.length);
  return list("[]string", parts.map(text));
}

/** Go maps each character to one other; JavaScript knows some that become several. */
function mapped(whole: string, meter: Meter, change: (character: string) => string): Value {
  meter.make(whole.length);
  const characters = Array.from(whole, (character) => {
    const changed = change(character);
    return [...changed].length === 1 ? changed : character;
  });
  return text(characters.join(""));
}

function toInt(whole: string): bigint {
  const fault = (reason: string) => new FunctionFault(`strconv.Atoi: parsing ${JSON.stringify(whole)}: ${reason}`);
  if (!/^[+-]?[0-9]+$/.test(whole)) throw fault("invalid syntax");
  const digits = whole.replace(/^[+-]/, "").replace(/^0+(?=.)/, "");
  const value = digits.length > 19 ? undefined : BigInt(digits) * (whole.startsWith("-") ? -1n : 1n);
  if (value === undefined || !isInt(value)) throw fault("value out of range");
  return value;
}

function join([items, separator]: readonly Value[], meter: Meter): Value {
  const texts = items?.kind === "list" ? items.items.map(textOf) : [];
  const between = textOf(separator);
  meter.make(texts.reduce((sum, one) => sum + one.length + between.length, 0));
  return text(texts.join(between));
}

/** strings.Replace: the first `count` places, all if it is negative; an empty old text is found before each character and at the end. */
function replace(values: readonly Value[], meter: Meter): Value {
  const [whole = "", from = "", to = ""] = values.map(textOf);
  const count = values[3]?.kind === "int" ? Number(values[3].value) : 0;
  meter.read(whole);
  const places = placesOf(whole, from, count < 0 ? Number.POSITIVE_INFINITY : count, meter);
  meter.make(whole.length + places.length * to.length);
  let replaced = "";
  let at = 0;
  for (const place of places) {
    replaced += whole.slice(at, place) + to;
    at = place + from.length;
  }
  return text(replaced + whole.slice(at));
}

function placesOf(whole: string, from: string, most: number, meter: Meter): number[] {
  const places: number[] = [];
  for (let at = 0; places.length < most && at <= whole.length; ) {
    const place = whole.indexOf(from, at);
    if (place < 0) break;
    meter.makeList(1);
    places.push(place);
    at = place + (from.length || ((whole.codePointAt(place) ?? 0) > 0xffff ? 2 : 1));
  }
  return places;
}

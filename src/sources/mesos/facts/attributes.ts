import { isObject, type JsonObject, listOf, textOf } from "../../../base/lenient.js";

/**
 * An agent's attributes as labels. A state has one object, in which numbers are numbers and the rest is text; the operator API
 * has a list of typed values. Both result in the text that a state has.
 */
export function attributesIn(written: unknown): readonly unknown[] {
  if (!isObject(written))
    return listOf(written).map((attribute) => (isObject(attribute) ? typed(attribute) : attribute));
  return Object.entries(written).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? String(value) : value,
  }));
}

function typed({ name, scalar, ranges, set, text }: JsonObject): JsonObject {
  return { key: name, value: valueIn(scalar) ?? rangesOf(ranges) ?? setOf(set) ?? valueIn(text) };
}

function valueIn(holder: unknown): string | undefined {
  if (!isObject(holder)) return undefined;
  return typeof holder.value === "number" ? String(holder.value) : textOf(holder.value);
}

/** `[1-3, 7-9]` */
function rangesOf(holder: unknown): string | undefined {
  if (!isObject(holder)) return undefined;
  const ranges = listOf(holder.range).filter(isObject);
  return `[${ranges.map(({ begin, end }) => `${begin}-${end}`).join(", ")}]`;
}

/** `{a, b}` */
function setOf(holder: unknown): string | undefined {
  return isObject(holder) ? `{${listOf(holder.item).map(textOf).join(", ")}}` : undefined;
}

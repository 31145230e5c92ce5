import type { Value } from "./template/values.js";

/** What ends a line of a configuration, or is not seen in it. A tab does no harm. */
const CONTROL = /[^\P{Cc}\t]|[\u2028\u2029]/gu;

/**
 * A value with a blank for each control character in its texts: whoever may change an app's environment, labels or checks could begin
 * lines of their own in the configuration.
 */
export function onOneLine(value: Value): Value {
  switch (value.kind) {
    case "string":
      return { kind: "string", value: blanked(value.value) };
    case "list":
      return { ...value, items: value.items.map(onOneLine) };
    case "map":
      return { ...value, entries: new Map([...value.entries].map(([key, item]) => [blanked(key), onOneLine(item)])) };
    case "struct":
      return { ...value, fields: new Map([...value.fields].map(([name, item]) => [name, onOneLine(item)])) };
    default:
      return value;
  }
}

function blanked(text: string): string {
  return text.replace(CONTROL, " ");
}

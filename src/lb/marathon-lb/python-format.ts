/** Python's `str.format` for what templates of marathon-lb use (Python's Format String Syntax). */

/** `undefined` is Python's `None`; a map can be looked into: `{healthCheck[path]}`. */
export type FormatValue = string | number | undefined | ReadonlyMap<string, string | number | undefined>;
export type FormatValues = Readonly<Record<string, FormatValue>>;

/** Literal text, a doubled brace, or a field. */
const PART = /([^{}]+)|(\{\{|\}\})|\{([^{}]*)\}|([{}])/gu;
const FIELD = /^([^[\]!:.]*)((?:\[[^\]]+\])*)(?:!([rsa]))?(?::(.*))?$/su;
const SPEC = /^(?:(.)?([<>^=]))?([+\- ])?(0)?(\d{0,4})(?:\.(\d{1,4}))?([a-zA-Z])?$/su;

/**
 * A template with its fields replaced. Throws an Error that says what is wrong with the template: an unknown name, a brace without its
 * partner, a width that is none.
 */
export function pythonFormat(template: string, values: FormatValues): string {
  let text = "";
  for (const [, literal, doubled, field, lone] of template.matchAll(PART)) {
    if (lone !== undefined) throw new Error(`"${lone}" has no partner: a brace that is meant is written twice`);
    text += literal ?? doubled?.charAt(0) ?? formatField(field ?? "", values);
  }
  return text;
}

function formatField(field: string, values: FormatValues): string {
  const [, name = "", path = "", conversion, spec = ""] = FIELD.exec(field) ?? [];
  if (!Object.hasOwn(values, name)) {
    throw new Error(`{${field}} is none of ${Object.keys(values).sort().join(", ")}`);
  }
  let value: FormatValue = values[name];
  for (const [, key = ""] of path.matchAll(/\[([^\]]+)\]/gu)) {
    if (!(value instanceof Map) || !value.has(key)) throw new Error(`{${field}}: there is no ${key} in ${name}`);
    value = value.get(key);
  }
  if (conversion === undefined && typeof value === "number") return formatNumber(value, spec, field);
  return formatText(conversion === "r" || conversion === "a" ? represent(value) : textOf(value), spec, field);
}

function formatText(text: string, spec: string, field: string): string {
  if (spec === "") return text;
  const [matched, fill = " ", align = "<", sign, zero, width = "", precision, type = "s"] = SPEC.exec(spec) ?? [];
  if (matched === undefined || sign || align === "=" || type !== "s") throw new Error(`{${field}} is not for text`);
  const letters = Array.from(text);
  const cut = precision === undefined ? letters : letters.slice(0, Number(precision));
  return pad(cut.join(""), zero && fill === " " ? "0" : fill, align, Number(width));
}

function formatNumber(value: number, spec: string, field: string): string {
  const [matched, fill = " ", align = ">", sign = "-", zero, width = "", precision, type = "d"] = SPEC.exec(spec) ?? [];
  const bases: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 };
  const base = bases[type];
  if (matched === undefined || precision !== undefined || !base) throw new Error(`{${field}} is not for a number`);
  const digits = Math.abs(value).toString(base);
  const before = value < 0 ? "-" : sign === "-" ? "" : sign;
  const shown = type === "X" ? digits.toUpperCase() : digits;
  if (zero || align === "=") return before + shown.padStart(Number(width) - before.length, zero ? "0" : fill);
  return pad(before + shown, fill, align, Number(width));
}

function pad(text: string, fill: string, align: string, width: number): string {
  const missing = Math.max(0, width - Array.from(text).length);
  if (align === "<") return text + fill.repeat(missing);
  if (align === ">") return fill.repeat(missing) + text;
  const left = Math.floor(missing / 2);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

function textOf(value: FormatValue): string {
  if (value instanceof Map) {
    return `{${Array.from(value, ([key, item]) => `${represent(key)}: ${represent(item)}`).join(", ")}}`;
  }
  return value === undefined ? "None" : String(value);
}

function represent(value: FormatValue): string {
  if (typeof value !== "string") return textOf(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

import { quote } from "./quote.js";
import type { BoolValue, FloatValue, IntValue, StringValue } from "./values.js";

/** A verb of a format, with its flags. */
export interface Spec {
  readonly verb: string;
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number;
  readonly precision: number | undefined;
}

export const NO_FLAGS = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: 0,
  precision: undefined,
};

const BASES: ReadonlyMap<string, { readonly radix: number; readonly prefix: string }> = new Map([
  ["v", { radix: 10, prefix: "" }],
  ["d", { radix: 10, prefix: "" }],
  ["b", { radix: 2, prefix: "0b" }],
  ["o", { radix: 8, prefix: "0" }],
  ["O", { radix: 8, prefix: "0o" }],
  ["x", { radix: 16, prefix: "0x" }],
  ["X", { radix: 16, prefix: "0X" }],
]);

/** A single value by a verb; `undefined` if the verb is none for it. */
export function verbOf(value: BoolValue | IntValue | FloatValue | StringValue, spec: Spec): string | undefined {
  switch (value.kind) {
    case "bool":
      return "tv".includes(spec.verb) ? pad(String(value.value), spec) : undefined;
    case "int":
      return ofInt(value.value, spec);
    case "float":
      return ofFloat(value.value, spec);
    case "string":
      return ofString(value.value, spec);
  }
}

function pad(text: string, { width, minus, zero }: Spec): string {
  if (width === 0) return text;
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  return minus ? text + " ".repeat(missing) : (zero ? "0" : " ").repeat(missing) + text;
}

function ofString(value: string, spec: Spec): string | undefined {
  const cut = spec.precision === undefined ? value : [...value].slice(0, spec.precision).join("");
  switch (spec.verb) {
    case "v":
    case "s":
      return pad(cut, spec);
    case "q":
      if (spec.sharp && !/[`\p{Cc}\ufeff]/u.test(cut.replaceAll("\t", ""))) return pad(`\`${cut}\``, spec);
      return pad(quote(cut, '"', spec.plus), spec);
    case "x":
    case "X":
      return pad(octets(value, spec), spec);
    default:
      return undefined;
  }
}

function octets(value: string, { verb, precision, sharp, space }: Spec): string {
  const digits = Buffer.from(value).subarray(0, precision).toString("hex");
  const prefix = sharp ? "0x" : "";
  const written = space
    ? digits.replace(/..(?=(.)?)/g, (pair, next) => prefix + pair + (next ? " " : ""))
    : digits && prefix + digits;
  return verb === "X" ? written.toUpperCase() : written;
}

function ofInt(value: bigint, spec: Spec): string | undefined {
  const base = BASES.get(spec.verb);
  if (base) return inBase(value, spec, base.radix, base.prefix);
  const isCharacter = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  const character = isCharacter ? String.fromCodePoint(Number(value)) : "\ufffd";
  switch (spec.verb) {
    case "c":
      return pad(character, spec);
    case "q":
      return pad(quote(character, "'", spec.plus), spec);
    case "U": {
      const digits = Math.max(4, spec.precision ?? 4);
      const code = `U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(digits, "0")}`;
      return pad(spec.sharp && isCharacter ? `${code} '${character}'` : code, { ...spec, zero: false });
    }
    default:
      return undefined;
  }
}

function inBase(value: bigint, spec: Spec, radix: number, prefix: string): string {
  const { width, precision, verb } = spec;
  if (precision === 0 && value === 0n) return pad("", { ...spec, zero: false });
  const sign = value < 0n ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  let digits = (value < 0n ? -value : value).toString(radix);
  if (precision !== undefined) digits = digits.padStart(precision, "0");
  else if (spec.zero && width > 0) digits = digits.padStart(width - sign.length, "0");
  if (verb === "X") digits = digits.toUpperCase();
  const isPrefixed = verb === "O" || (spec.sharp && !(verb === "o" && digits.startsWith("0")));
  return pad(sign + (isPrefixed ? prefix : "") + digits, { ...spec, zero: false });
}

function ofFloat(value: number, spec: Spec): string | undefined {
  const digits = floatDigits(Math.abs(value), spec.verb, spec.precision);
  if (digits === undefined) return undefined;
  const sign = value < 0 || Object.is(value, -0) ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  if (!spec.zero || spec.width === 0) return pad(sign + digits, { ...spec, zero: false });
  return sign + pad(digits, { ...spec, width: spec.width - sign.length });
}

/** The most decimals that are worked out, as JavaScript has it. */
const MOST_DECIMALS = 100;

function floatDigits(value: number, verb: string, precision: number | undefined): string | undefined {
  const decimals = precision === undefined ? undefined : Math.min(precision, MOST_DECIMALS);
  switch (verb) {
    case "f":
    case "F":
      return plainDigits(value, decimals ?? 6);
    case "e":
    case "E": {
      const written = exponent(value.toExponential(decimals ?? 6));
      return verb === "E" ? written.toUpperCase() : written;
    }
    case "v":
    case "g":
    case "G": {
      const written = shortest(value, decimals);
      return verb === "G" ? written.toUpperCase() : written;
    }
    default:
      return undefined;
  }
}

/** toFixed gives up at 10^21. */
function plainDigits(value: number, decimals: number): string {
  if (value < 1e21) return value.toFixed(decimals);
  return BigInt(value).toString() + (decimals > 0 ? `.${"0".repeat(decimals)}` : "");
}

/** Go's %g: as short as possible, and with an exponent below 10^-4 and from 10^6 on, or beyond the precision. */
function shortest(value: number, precision: number | undefined): string {
  const significant = precision === undefined ? undefined : Math.max(precision, 1);
  const written = significant === undefined ? value.toExponential() : value.toExponential(significant - 1);
  const [digits = "", power = "0"] = written.split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  const count = short.replace(".", "").length;
  const at = Number(power);
  const most = significant === undefined ? 6 : significant > count && count > at ? count : significant;
  if (at < -4 || at >= most) return exponent(`${short}e${power.startsWith("-") ? power : `+${at}`}`);
  return plainDigits(value, Math.max(count - 1 - at, 0));
}

/** An exponent has two digits at the least. */
function exponent(written: string): string {
  return written.replace(/e([+-])([0-9])$/, "e$10$2");
}

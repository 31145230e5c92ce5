import type { NumberNode } from "./nodes.js";
import { unquote } from "./quote.js";

const WHOLE = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const SEPARATED = /(?<=[0-9a-fA-FxXbBoO])_(?=[0-9a-fA-F])/g;

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const UINT_MAX = 2n ** 64n - 1n;

/** Whether it is in the range of Go's int. */
export function isInt(value: bigint): boolean {
  return value >= INT_MIN && value <= INT_MAX;
}

/** A number or a character as a template writes it, or what is wrong with it. */
export function readNumber(source: string, at: number): NumberNode | string {
  const node = { kind: "number" as const, at, source, isFloat: false };
  if (source.startsWith("'")) {
    const character = unquote(source);
    const [first, ...more] = character ?? "";
    if (first === undefined) return "invalid syntax";
    if (more.length > 0) return `malformed character constant: ${source}`;
    const code = first.codePointAt(0) ?? 0;
    return { ...node, int: BigInt(code), float: code };
  }
  if (source.endsWith("i")) return `complex numbers are not understood: ${source}`;
  const plain = source.replace(SEPARATED, "");
  const whole = readWhole(plain);
  if (whole !== undefined) {
    if (whole > UINT_MAX || whole < INT_MIN) return `integer overflow: "${source}"`;
    return { ...node, int: isInt(whole) ? whole : undefined, float: Number(whole) };
  }
  if (!FLOAT.test(plain)) return `illegal number syntax: "${source}"`;
  if (!/[.eE]/.test(plain)) return `integer overflow: "${source}"`;
  const float = Number(plain);
  if (!Number.isFinite(float)) return `illegal number syntax: "${source}"`;
  return { ...node, float, int: Number.isSafeInteger(float) ? BigInt(float) : undefined, isFloat: true };
}

function readWhole(plain: string): bigint | undefined {
  const match = WHOLE.exec(plain);
  if (!match) return undefined;
  const [, sign, digits = ""] = match;
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = BigInt(octal);
  return sign === "-" ? -value : value;
}

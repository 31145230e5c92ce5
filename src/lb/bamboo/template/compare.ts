import { byteOrder } from "../../../base/byte-order.js";
import { FunctionFault, type TemplateFunction } from "./function.js";
import { bool, type StructValue, typeOf, type Value } from "./values.js";

const WRONG_TYPE = "invalid type for comparison";
const WRONG_TYPES = "incompatible types for comparison";

type Comparison = readonly [string, TemplateFunction];

const ordering = (name: string, holds: (order: number) => boolean): Comparison => [
  name,
  { parameters: ["any", "any"], call: ([a, b]) => bool(holds(order(a, b))) },
];

/** `eq ne lt le gt ge`. */
export const compareFunctions: readonly Comparison[] = [
  [
    "eq",
    {
      parameters: ["any"],
      rest: "any",
      call: ([first, ...others]) => {
        if (others.length === 0) throw new FunctionFault("missing argument for comparison");
        return bool(others.some((other) => areEqual(first, other)));
      },
    },
  ],
  ["ne", { parameters: ["any", "any"], call: ([a, b]) => bool(!areEqual(a, b)) }],
  ordering("lt", (order) => order < 0),
  ordering("le", (order) => order <= 0),
  ordering("gt", (order) => order > 0),
  ordering("ge", (order) => order >= 0),
];

function areEqual(a: Value | undefined, b: Value | undefined): boolean {
  const isNil = [a, b].map(isNothing);
  if (isNil[0] || isNil[1]) return isNil[0] === isNil[1];
  if (!a || !b || a.kind === "nil" || b.kind === "nil") return false;
  if (isBasic(a) !== isBasic(b) || (isBasic(a) && a.kind !== b.kind)) throw new FunctionFault(WRONG_TYPES);
  if (a.kind === "struct" && b.kind === "struct" && isComparable(b)) return areEqualStructs(a, b);
  if (!isBasic(a) || !isBasic(b)) throw new FunctionFault(`non-comparable type ${typeOf(b)}`);
  return a.value === b.value;
}

/** Structs can be compared if all that is in them can. */
function isComparable(value: Value): boolean {
  return isBasic(value) || (value.kind === "struct" && [...value.fields.values()].every(isComparable));
}

function areEqualStructs(a: StructValue, b: StructValue): boolean {
  if (a.type !== b.type) return false;
  return [...a.fields].every(([name, value]) => areEqual(value, b.fields.get(name)));
}

function isNothing(value: Value | undefined): boolean {
  return !value || value.kind === "nil" || ("isNil" in value && value.isNil === true);
}

type Basic = Extract<Value, { readonly value: unknown }>;

function isBasic(value: Value): value is Basic {
  return "value" in value;
}

/** Below, equal or above 0. */
function order(a: Value | undefined, b: Value | undefined): number {
  if (!a || !b || !isBasic(a) || !isBasic(b)) throw new FunctionFault(WRONG_TYPE);
  if (a.kind !== b.kind) throw new FunctionFault(WRONG_TYPES);
  if (a.kind === "string" && b.kind === "string") return byteOrder(a.value, b.value);
  if (a.kind === "bool") throw new FunctionFault(WRONG_TYPE);
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

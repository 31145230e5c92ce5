/**
 * What templates work on: a closed set of values that carry their Go types, so that errors and rules are those of Go, and so that
 * no name in the data is ever a name of JavaScript's.
 */
export type Value = NilValue | BoolValue | IntValue | FloatValue | StringValue | ListValue | MapValue | StructValue;

/** No value at all, such as that of a key that is missing. */
export interface NilValue {
  readonly kind: "nil";
}

export interface BoolValue {
  readonly kind: "bool";
  readonly value: boolean;
}

export interface IntValue {
  readonly kind: "int";
  readonly value: bigint;
  /** An octet of a text, which Go has another type for. */
  readonly isOctet?: true;
}

export interface FloatValue {
  readonly kind: "float";
  readonly value: number;
}

export interface StringValue {
  readonly kind: "string";
  readonly value: string;
}

export interface ListValue {
  readonly kind: "list";
  /** Its name in Go: `[]int`. */
  readonly type: string;
  readonly items: readonly Value[];
  /** Whether it is Go's nil, which prints as an empty list does and is `null` in JSON. */
  readonly isNil?: true;
}

export interface MapValue {
  readonly kind: "map";
  readonly type: string;
  /** In any order: whoever walks over it sorts. */
  readonly entries: ReadonlyMap<string, Value>;
  /** What Go has where a key is missing. */
  readonly zero: Value;
  /** As of a list. */
  readonly isNil?: true;
}

export interface StructValue {
  readonly kind: "struct";
  readonly type: string;
  /** By name, in Go's order. */
  readonly fields: ReadonlyMap<string, Value>;
}

export const NIL: NilValue = { kind: "nil" };

export function text(value: string): StringValue {
  return { kind: "string", value };
}

export function bool(value: boolean): BoolValue {
  return { kind: "bool", value };
}

export function int(value: number | bigint): IntValue {
  return { kind: "int", value: BigInt(value) };
}

export function list(type: string, items: readonly Value[]): ListValue {
  return { kind: "list", type, items };
}

export function struct(type: string, fields: Readonly<Record<string, Value>>): StructValue {
  return { kind: "struct", type, fields: new Map(Object.entries(fields)) };
}

/** `map[string]string`. */
export function textMap(entries: ReadonlyMap<string, string>): MapValue {
  return {
    kind: "map",
    type: "map[string]string",
    entries: new Map([...entries].map(([key, value]) => [key, text(value)])),
    zero: text(""),
  };
}

/** The name of a value's type in Go. */
export function typeOf(value: Exclude<Value, NilValue>): string {
  switch (value.kind) {
    case "bool":
    case "string":
      return value.kind;
    case "int":
      return value.isOctet ? "uint8" : "int";
    case "float":
      return "float64";
    default:
      return value.type;
  }
}

/** What `if`, `with`, `and`, `or` and `not` take for true: all but the zero of a type, and what is empty. */
export function isTrue(value: Value): boolean {
  switch (value.kind) {
    case "nil":
      return false;
    case "bool":
      return value.value;
    case "int":
      return value.value !== 0n;
    case "float":
      return value.value !== 0;
    case "string":
      return value.value !== "";
    case "list":
      return value.items.length > 0;
    case "map":
      return value.entries.size > 0;
    case "struct":
      return true;
  }
}

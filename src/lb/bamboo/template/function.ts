import type { Meter } from "./limits.js";
import type { Value } from "./values.js";

/** A type of a parameter: `any`, or a type's name in Go. */
export type ParameterType = "any" | "string" | "int" | "[]string" | "map[string]service.Service";

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Of all arguments behind the parameters, if there may be any. */
  readonly rest?: ParameterType;
  /** Gets values of those types. Throws FunctionFault for what it cannot do. */
  call(values: readonly Value[], meter: Meter): Value;
}

/** What a function cannot do. Its message is a clause. */
export class FunctionFault extends Error {}

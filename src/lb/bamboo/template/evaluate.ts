import { FunctionFault, type ParameterType, type TemplateFunction } from "./function.js";
import { LIMITS, LimitReached, type Meter } from "./limits.js";
import { type AnyNode, type Command, describe, type NumberNode, type Operand, type Pipe } from "./nodes.js";
import { bool, int, isTrue, type ListValue, NIL, text, typeOf, type Value } from "./values.js";

/** What evaluation needs of whoever executes. */
export interface EvaluatorOptions {
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly meter: Meter;
  fail(node: AnyNode | undefined, message: string): never;
}

interface Variable {
  readonly name: string;
  value: Value;
}

/** What of a call is given: the words with the function first, and what comes through the pipe. */
interface Given {
  readonly words: readonly Operand[];
  readonly piped: Value | undefined;
}

/** Evaluates pipelines, with the variables of one template. */
export class Evaluator {
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #meter: Meter;
  readonly #report: EvaluatorOptions["fail"];
  #variables: Variable[] = [];
  #depth = 0;
  /** What is on, for messages. */
  node: AnyNode | undefined;

  constructor({ functions, meter, fail }: EvaluatorOptions) {
    this.#functions = functions;
    this.#meter = meter;
    this.#report = fail;
  }

  /** Begins a template: it has one variable, `$`. Gives those of before, for `resume`. */
  begin(dollar: Value): readonly Variable[] {
    const before = this.#variables;
    this.#variables = [{ name: "$", value: dollar }];
    return before;
  }

  resume(variables: readonly Variable[]): void {
    this.#variables = [...variables];
  }

  mark(): number {
    return this.#variables.length;
  }

  /** Forgets the variables since a mark. */
  release(mark: number): void {
    this.#variables.length = mark;
  }

  /** Gives the variables of a range the values of one round. */
  setRange({ variables, assigns }: Pipe, key: Value, element: Value): void {
    const values = variables.length > 1 ? [key, element] : [element];
    variables.forEach((name, index) => {
      const value = values[index] ?? NIL;
      if (assigns) this.#assign(name, value);
      else {
        const variable = this.#variables[this.#variables.length - variables.length + index];
        if (variable) variable.value = value;
      }
    });
  }

  pipe(dot: Value, pipe: Pipe): Value {
    if (++this.#depth > LIMITS.depth) throw new LimitReached(`its pipelines are nested more than ${LIMITS.depth} deep`);
    this.node = pipe;
    let value: Value | undefined;
    for (const command of pipe.commands) value = this.#command(dot, command, value);
    const result = value ?? NIL;
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    this.#depth--;
    return result;
  }

  #assign(name: string, value: Value): void {
    this.#known(name).value = value;
  }

  #known(name: string): Variable {
    return this.#variables.findLast((variable) => variable.name === name) ?? this.#fail(`undefined variable: ${name}`);
  }

  #command(dot: Value, command: Command, piped: Value | undefined): Value {
    this.#meter.step();
    const [first] = command.words;
    const given = { words: command.words, piped };
    if (!first) return NIL;
    if (first.kind === "function") {
      this.node = first;
      return this.#call(dot, first.name, command, given);
    }
    if (first.kind === "field" || first.kind === "chain" || first.kind === "variable") {
      return this.#value(dot, first, given);
    }
    if (first.kind !== "pipe") this.node = first;
    this.#refuseArguments(given);
    if (first.kind === "nil") return this.#fail("nil is not a command");
    return this.#value(dot, first, given);
  }

  /** An operand where any type will do. */
  #value(dot: Value, node: Operand, given: Given): Value {
    if (node.kind === "pipe") return this.pipe(dot, node);
    this.node = node;
    switch (node.kind) {
      case "dot":
        return dot;
      case "nil":
        return NIL;
      case "bool":
        return bool(node.value);
      case "number":
        return this.#number(node);
      case "string":
        return text(node.value);
      case "field":
        return this.#fields(dot, node.names, given);
      case "variable": {
        const { value } = this.#known(node.name);
        if (node.fields.length > 0) return this.#fields(value, node.fields, given);
        this.#refuseArguments(given);
        return value;
      }
      case "function":
        return this.#call(dot, node.name, node, { words: [], piped: undefined });
      case "chain": {
        if (node.of.kind === "nil") return this.#fail(`indirection through explicit nil in ${describe(node)}`);
        return this.#fields(this.#value(dot, node.of, NOTHING), node.fields, given);
      }
    }
  }

  #number({ int: whole, float, isFloat, source }: NumberNode): Value {
    if (isFloat) return { kind: "float", value: float };
    return whole === undefined ? this.#fail(`${source} overflows int`) : int(whole);
  }

  #fields(receiver: Value, names: readonly string[], given: Given): Value {
    const last = names.length - 1;
    return names.reduce((value, name, index) => this.#field(value, name, index === last ? given : NOTHING), receiver);
  }

  #field(receiver: Value, name: string, given: Given): Value {
    this.#meter.step();
    if (receiver.kind === "nil") return NIL;
    const hasArguments = given.words.length > 1 || given.piped !== undefined;
    if (receiver.kind === "struct") {
      const value = receiver.fields.get(name);
      if (value && hasArguments) return this.#fail(`${name} has arguments but cannot be invoked as function`);
      if (value) return value;
    }
    if (receiver.kind === "map") {
      if (hasArguments) return this.#fail(`${name} is not a method but has arguments`);
      return receiver.entries.get(name) ?? NIL;
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeOf(receiver)}`);
  }

  #refuseArguments({ words, piped }: Given): void {
    const [first] = words;
    if (first && (words.length > 1 || piped)) this.#fail(`can't give argument to non-function ${describe(first)}`);
  }

  #call(dot: Value, name: string, at: AnyNode, { words, piped }: Given): Value {
    const called = this.#functions.get(name);
    if (!called) return this.#fail(`"${name}" is not a defined function`);
    const given = words.slice(1);
    const count = given.length + (piped ? 1 : 0);
    const wanted = called.parameters.length;
    if (called.rest && count < wanted) {
      return this.#fail(`wrong number of args for ${name}: want at least ${wanted} got ${given.length}`);
    }
    if (!called.rest && count !== wanted)
      return this.#fail(`wrong number of args for ${name}: want ${wanted} got ${count}`);
    if (name === "and" || name === "or") return this.#firstThatDecides(dot, given, piped, name === "or");
    const values = given.map((word, index) => this.#argument(dot, parameterAt(called, index), word));
    if (piped) values.push(this.#checked(piped, parameterAt(called, given.length)));
    try {
      return called.call(values, this.#meter);
    } catch (error) {
      if (!(error instanceof FunctionFault)) throw error;
      this.node = at;
      return this.#fail(`error calling ${name}: ${error.message}`);
    }
  }

  /** `and` and `or` look at no more of their arguments than they need. */
  #firstThatDecides(dot: Value, words: readonly Operand[], piped: Value | undefined, truth: boolean): Value {
    let value: Value = NIL;
    for (const word of words) {
      value = this.#argument(dot, "any", word);
      if (isTrue(value) === truth) return value;
    }
    return piped ?? value;
  }

  #argument(dot: Value, type: ParameterType, word: Operand): Value {
    if (word.kind !== "pipe") this.node = word;
    switch (word.kind) {
      case "nil":
        if (type === "string" || type === "int") return this.#fail(`cannot assign nil to ${type}`);
        return this.#checked(NIL, type);
      case "bool":
      case "number":
      case "string":
        return type === "any" ? this.#value(dot, word, NOTHING) : this.#literal(word, type);
      default:
        return this.#checked(this.#value(dot, word, NOTHING), type);
    }
  }

  #literal(word: Extract<Operand, { kind: "bool" | "number" | "string" }>, type: ParameterType): Value {
    if (type === "string")
      return word.kind === "string" ? text(word.value) : this.#fail(`expected string; found ${describe(word)}`);
    if (type === "int") {
      return word.kind === "number" && word.int !== undefined
        ? int(word.int)
        : this.#fail(`expected integer; found ${describe(word)}`);
    }
    return this.#fail(`can't handle ${describe(word)} for arg of type ${type}`);
  }

  /** A value where a type is wanted. */
  #checked(value: Value, type: ParameterType): Value {
    if (type === "any") return value;
    if (value.kind === "nil") {
      if (type === "string" || type === "int") return this.#fail(`invalid value; expected ${type}`);
      return type === "[]string" ? NO_TEXTS : NIL;
    }
    const given = typeOf(value);
    return given === type ? value : this.#fail(`wrong type for value; expected ${type}; got ${given}`);
  }

  #fail(message: string): never {
    return this.#report(this.node, message);
  }
}

const NOTHING: Given = { words: [], piped: undefined };
const NO_TEXTS: ListValue = { kind: "list", type: "[]string", items: [], isNil: true };

function parameterAt({ parameters, rest }: TemplateFunction, index: number): ParameterType {
  return parameters[index] ?? rest ?? "any";
}

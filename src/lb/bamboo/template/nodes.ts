import { quote } from "./quote.js";

/** A template that has been read: what text/template calls a parse tree. `at` is a place in the text, in UTF-16 units. */

export type Node = TextNode | ActionNode | BranchNode | TemplateNode;

export interface TextNode {
  readonly kind: "text";
  readonly at: number;
  readonly text: string;
}

export interface ActionNode {
  readonly kind: "action";
  readonly at: number;
  readonly pipe: Pipe;
}

export interface BranchNode {
  readonly kind: "if" | "range" | "with";
  readonly at: number;
  readonly pipe: Pipe;
  readonly list: readonly Node[];
  readonly otherwise: readonly Node[] | undefined;
}

export interface TemplateNode {
  readonly kind: "template";
  readonly at: number;
  readonly name: string;
  readonly pipe: Pipe | undefined;
}

export interface Pipe {
  readonly kind: "pipe";
  readonly at: number;
  /** Variables that get its value, with the `$`. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Command {
  readonly kind: "command";
  readonly at: number;
  /** One at the least. */
  readonly words: readonly Operand[];
}

export type Operand =
  | { readonly kind: "dot" | "nil"; readonly at: number }
  | { readonly kind: "bool"; readonly at: number; readonly value: boolean }
  | NumberNode
  | { readonly kind: "string"; readonly at: number; readonly source: string; readonly value: string }
  | FieldNode
  | VariableNode
  | FunctionNode
  | ChainNode
  | Pipe;

export interface NumberNode {
  readonly kind: "number";
  readonly at: number;
  readonly source: string;
  /** `undefined` if it is not whole, or none of Go's int. */
  readonly int: bigint | undefined;
  readonly float: number;
  /** Whether it is written as one of floating point. */
  readonly isFloat: boolean;
}

export interface FieldNode {
  readonly kind: "field";
  readonly at: number;
  readonly names: readonly string[];
}

export interface VariableNode {
  readonly kind: "variable";
  readonly at: number;
  readonly name: string;
  readonly fields: readonly string[];
}

export interface FunctionNode {
  readonly kind: "function";
  readonly at: number;
  readonly name: string;
}

/** Fields of what is not a field or a variable itself: `(index .Apps 0).Id`. */
export interface ChainNode {
  readonly kind: "chain";
  readonly at: number;
  readonly of: Operand;
  readonly fields: readonly string[];
}

export type AnyNode = Node | Pipe | Command | Operand;

/** A node as text/template writes it in errors. */
export function describe(node: AnyNode): string {
  switch (node.kind) {
    case "text":
      return quote(node.text);
    case "action":
      return `{{${describe(node.pipe)}}}`;
    case "if":
    case "range":
    case "with":
      return `{{${node.kind} ${describe(node.pipe)}}}`;
    case "template":
      return `{{template ${quote(node.name)}${node.pipe ? ` ${describe(node.pipe)}` : ""}}}`;
    case "pipe": {
      const commands = node.commands.map(describe).join(" | ");
      return node.variables.length > 0 ? `${node.variables.join(", ")} := ${commands}` : commands;
    }
    case "command":
      return node.words.map((word) => (word.kind === "pipe" ? `(${describe(word)})` : describe(word))).join(" ");
    default:
      return describeOperand(node);
  }
}

function describeOperand(node: Exclude<Operand, Pipe>): string {
  switch (node.kind) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "bool":
      return String(node.value);
    case "number":
    case "string":
      return node.source;
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return [node.name, ...node.fields].join(".");
    case "function":
      return node.name;
    case "chain": {
      const of = node.of.kind === "pipe" ? `(${describe(node.of)})` : describe(node.of);
      return [of, ...node.fields].join(".");
    }
  }
}

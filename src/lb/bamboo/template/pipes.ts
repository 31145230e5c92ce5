import type { Token, TokenKind } from "./lexer.js";
import { LIMITS, templateError } from "./limits.js";
import type { Command, Operand, Pipe } from "./nodes.js";
import { readNumber } from "./numbers.js";
import { quote, unquote } from "./quote.js";
import type { Tokens } from "./tokens.js";

/** What a word of a command can begin with. */
const OPERANDS: ReadonlySet<TokenKind> = new Set([
  "bool",
  "character",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw",
  "string",
  "variable",
  "(",
]);
const LITERALS: ReadonlySet<string> = new Set(["bool", "dot", "nil", "number", "string"]);

/** Reads what stands inside actions: pipelines, their commands and operands. Knows which variables there are. */
export class PipeParser {
  readonly #name: string;
  readonly #tokens: Tokens;
  readonly #functions: ReadonlySet<string>;
  /** Those that can be used, the last ones first forgotten. */
  variables: string[] = ["$"];
  #depth = 0;

  /** `name` is the template's, for messages; `functions` are those that there are. */
  constructor(name: string, tokens: Tokens, functions: ReadonlySet<string>) {
    this.#name = name;
    this.#tokens = tokens;
    this.#functions = functions;
  }

  /** A pipeline and the token behind it. */
  pipe(context: string, end: "right" | ")"): Pipe {
    this.enter();
    const { at } = this.#tokens.peekNonSpace();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (let token = this.#tokens.nextNonSpace(); token.kind !== end; token = this.#tokens.nextNonSpace()) {
      if (!OPERANDS.has(token.kind)) this.unexpected(token, context);
      this.#tokens.backup();
      commands.push(this.#command());
    }
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    const wrong = commands.findIndex(({ words }, index) => index > 0 && LITERALS.has(words[0]?.kind ?? ""));
    if (wrong > 0) this.fail(`non executable command in pipeline stage ${wrong + 1}`);
    this.leave();
    return { kind: "pipe", at, variables, assigns, commands };
  }

  /** `$x :=`, `$x =` or, for a range, `$i, $x :=`. */
  #declarations(context: string): { variables: readonly string[]; assigns: boolean } {
    const variables: string[] = [];
    for (let token = this.#tokens.peekNonSpace(); token.kind === "variable"; token = this.#tokens.peekNonSpace()) {
      const before = this.#tokens.mark();
      this.#tokens.next();
      const next = this.#tokens.peekNonSpace();
      const isComma = next.kind === "char" && next.text === ",";
      if (next.kind !== "declare" && next.kind !== "assign" && !isComma) {
        this.#tokens.reset(before);
        break;
      }
      this.#tokens.next();
      variables.push(token.text);
      this.variables.push(token.text);
      if (this.variables.length > LIMITS.variables) this.fail(`there are more than ${LIMITS.variables} variables`);
      if (!isComma) return { variables, assigns: next.kind === "assign" };
      if (context !== "range" || variables.length > 1) this.fail(`too many declarations in ${context}`);
      if (this.#tokens.peekNonSpace().kind !== "variable") this.fail("range can only initialize variables");
    }
    return { variables, assigns: false };
  }

  #command(): Command {
    const { at } = this.#tokens.peekNonSpace();
    const words: Operand[] = [];
    for (;;) {
      this.#tokens.peekNonSpace();
      const word = this.#operand();
      if (word) words.push(word);
      const token = this.#tokens.next();
      if (token.kind === "space") continue;
      if (token.kind === "right" || token.kind === ")") this.#tokens.backup();
      else if (token.kind !== "pipe") this.unexpected(token, "operand");
      break;
    }
    if (words.length === 0) this.fail("empty command");
    return { kind: "command", at, words };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    const { kind, at } = this.#tokens.peek();
    if (!term || kind !== "field") return term;
    const fields: string[] = [];
    while (this.#tokens.peek().kind === "field") fields.push(this.#tokens.next().text.slice(1));
    if (term.kind === "field") return { kind: "field", at, names: [...term.names, ...fields] };
    if (term.kind === "variable") return { ...term, at, fields: [...term.fields, ...fields] };
    if (LITERALS.has(term.kind)) this.fail(`unexpected . after term ${quote(this.#tokens.textOf(term.at))}`);
    return { kind: "chain", at, of: term, fields };
  }

  #term(): Operand | undefined {
    const token = this.#tokens.nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case "identifier":
        if (!this.#functions.has(text)) this.fail(`function ${quote(text)} not defined`);
        return { kind: "function", at, name: text };
      case "dot":
      case "nil":
        return { kind: token.kind, at };
      case "bool":
        return { kind: "bool", at, value: text === "true" };
      case "variable":
        if (!this.variables.includes(text)) this.fail(`undefined variable ${quote(text)}`);
        return { kind: "variable", at, name: text, fields: [] };
      case "field":
        return { kind: "field", at, names: [text.slice(1)] };
      case "number":
      case "character": {
        const number = readNumber(text, at);
        return typeof number === "string" ? this.fail(number) : number;
      }
      case "string":
      case "raw":
        return { kind: "string", at, source: text, value: unquote(text) ?? this.fail("invalid syntax") };
      case "(":
        return this.pipe("parenthesized pipeline", ")");
      default:
        this.#tokens.backup();
        return undefined;
    }
  }

  /** Counts what is inside something else, so that what reads it need not go deeper than the stack. */
  enter(): void {
    if (++this.#depth > LIMITS.nesting) this.fail(`actions or parentheses are nested more than ${LIMITS.nesting} deep`);
  }

  leave(): void {
    this.#depth--;
  }

  expect(kind: TokenKind, context: string): void {
    const token = this.#tokens.nextNonSpace();
    if (token.kind !== kind) this.unexpected(token, context);
  }

  unexpected(token: Token, context: string): never {
    if (token.kind === "error") this.fail(token.text);
    this.fail(`unexpected ${shown(token)} in ${context}`);
  }

  fail(message: string): never {
    throw templateError(`${this.#name}:${this.#tokens.line}: ${message}`);
  }
}

function shown({ kind, text }: Token): string {
  if (kind === "end of file") return "EOF";
  if (kind === "keyword" || kind === "dot" || kind === "nil") return `<${text}>`;
  const characters = [...text];
  return characters.length > 10 ? `${quote(characters.slice(0, 10).join(""))}...` : quote(text);
}

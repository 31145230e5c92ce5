import { lex } from "./lexer.js";
import { LIMITS, templateError } from "./limits.js";
import type { BranchNode, Node, TemplateNode } from "./nodes.js";
import { PipeParser } from "./pipes.js";
import { quote, unquote } from "./quote.js";
import { Tokens } from "./tokens.js";

/** What ends a list of nodes. */
type End = "end" | "else" | "else if" | "end of file";

/**
 * The templates in a text by name, the text itself under its own name.
 *
 * Throws MesosDnsError LB_TEMPLATE, with the name and the line, as text/template has it.
 */
export function parse(
  name: string,
  source: string,
  functions: ReadonlySet<string>,
): ReadonlyMap<string, readonly Node[]> {
  return new Parser(name, source, functions).run();
}

class Parser {
  readonly #name: string;
  readonly #templates = new Map<string, readonly Node[]>();
  readonly #tokens: Tokens;
  readonly #pipes: PipeParser;

  constructor(name: string, source: string, functions: ReadonlySet<string>) {
    this.#name = name;
    if (source.length > LIMITS.template) {
      throw templateError(`${name}: it has more than ${LIMITS.template >> 20} MiB`);
    }
    this.#tokens = new Tokens(lex(source));
    this.#pipes = new PipeParser(name, this.#tokens, functions);
  }

  run(): ReadonlyMap<string, readonly Node[]> {
    const { nodes, end } = this.#list(true);
    if (end !== "end of file") this.#pipes.fail(`unexpected {{${end === "end" ? "end" : "else"}}}`);
    this.#add(this.#name, nodes);
    return this.#templates;
  }

  #add(name: string, nodes: readonly Node[]): void {
    const before = this.#templates.get(name);
    if (before && !isEmpty(before)) {
      if (!isEmpty(nodes)) this.#pipes.fail(`template: multiple definition of template ${quote(name)}`);
      return;
    }
    this.#templates.set(name, nodes);
  }

  /** Nodes up to an end. Only at the top, templates may be defined, and the file may end. */
  #list(isTop = false): { nodes: Node[]; end: End } {
    this.#pipes.enter();
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens.nextNonSpace();
      if (token.kind === "text") nodes.push({ kind: "text", at: token.at, text: token.text });
      else if (token.kind === "left") {
        const node = this.#action(isTop);
        if (typeof node === "string") {
          this.#pipes.leave();
          return { nodes, end: node };
        }
        if (node) nodes.push(node);
      } else if (token.kind === "end of file") {
        if (!isTop) this.#pipes.fail("unexpected EOF");
        return { nodes, end: "end of file" };
      } else this.#pipes.unexpected(token, "input");
    }
  }

  /** What stands behind `{{`: a node, the end of a list, or nothing for a definition. */
  #action(isTop: boolean): Node | End | undefined {
    const token = this.#tokens.nextNonSpace();
    switch (token.kind === "keyword" ? token.text : "") {
      case "define":
        if (!isTop) return this.#pipes.unexpected(token, "command");
        return this.#define();
      case "block":
        return this.#block();
      case "template":
        return this.#template();
      case "if":
      case "range":
      case "with":
        return this.#branch(token.text as BranchNode["kind"]);
      case "end":
        this.#pipes.expect("right", "end");
        return "end";
      case "else":
        return this.#otherwise();
      default: {
        this.#tokens.backup();
        const pipe = this.#pipes.pipe("command", "right");
        return { kind: "action", at: token.at, pipe };
      }
    }
  }

  #otherwise(): End {
    const next = this.#tokens.peekNonSpace();
    if (next.kind === "keyword" && next.text === "if") {
      this.#tokens.next();
      return "else if";
    }
    this.#pipes.expect("right", "else");
    return "else";
  }

  #branch(kind: BranchNode["kind"]): BranchNode {
    const known = this.#pipes.variables.length;
    const pipe = this.#pipes.pipe(kind, "right");
    const { nodes, end } = this.#list();
    let otherwise: readonly Node[] | undefined;
    if (end === "else if") {
      if (kind !== "if") this.#pipes.fail("unexpected <if> in input");
      this.#pipes.enter();
      otherwise = [this.#branch("if")];
      this.#pipes.leave();
    } else if (end === "else") {
      const rest = this.#list();
      if (rest.end !== "end") this.#pipes.fail("expected end; found {{else}}");
      otherwise = rest.nodes;
    }
    this.#pipes.variables.length = known;
    return { kind, at: pipe.at, pipe, list: nodes, otherwise };
  }

  #define(): undefined {
    const name = this.#templateName("define clause");
    this.#pipes.expect("right", "define clause");
    this.#body(name, "define clause");
    return undefined;
  }

  #block(): TemplateNode {
    const { at } = this.#tokens.peekNonSpace();
    const name = this.#templateName("block clause");
    const pipe = this.#pipes.pipe("block clause", "right");
    this.#body(name, "block clause");
    return { kind: "template", at, name, pipe };
  }

  /** The nodes of a template of its own, which sees no variables of others. */
  #body(name: string, context: string): void {
    const outer = this.#pipes.variables;
    this.#pipes.variables = ["$"];
    const { nodes, end } = this.#list();
    if (end !== "end") this.#pipes.fail(`unexpected {{else}} in ${context}`);
    this.#pipes.variables = outer;
    this.#add(name, nodes);
  }

  #template(): TemplateNode {
    const { at } = this.#tokens.peekNonSpace();
    const name = this.#templateName("template clause");
    if (this.#tokens.nextNonSpace().kind === "right") return { kind: "template", at, name, pipe: undefined };
    this.#tokens.backup();
    return { kind: "template", at, name, pipe: this.#pipes.pipe("template clause", "right") };
  }

  #templateName(context: string): string {
    const token = this.#tokens.nextNonSpace();
    if (token.kind !== "string" && token.kind !== "raw") this.#pipes.unexpected(token, context);
    return unquote(token.text) ?? this.#pipes.fail("invalid syntax");
  }
}

function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === "text" && node.text.trim() === "");
}

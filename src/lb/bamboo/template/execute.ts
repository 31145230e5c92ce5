import { Evaluator } from "./evaluate.js";
import { show, sortedEntries } from "./format.js";
import type { TemplateFunction } from "./function.js";
import { LIMITS, LimitReached, Meter, shortened, templateError } from "./limits.js";
import type { AnyNode, BranchNode, Node, TemplateNode } from "./nodes.js";
import { describe } from "./nodes.js";
import { quote } from "./quote.js";
import { int, isTrue, NIL, text, type Value } from "./values.js";

/** What has been read of a template, ready to be executed. */
export interface ParsedTemplate {
  readonly name: string;
  readonly source: string;
  readonly templates: ReadonlyMap<string, readonly Node[]>;
  readonly functions: ReadonlyMap<string, TemplateFunction>;
}

/**
 * What a template makes of some data.
 *
 * Throws MesosDnsError LB_TEMPLATE, with the name, the line, the octet in that line and the action, as text/template has it.
 */
export function execute(template: ParsedTemplate, data: Value): string {
  return new Execution(template).run(data);
}

class Execution {
  readonly #template: ParsedTemplate;
  readonly #meter = new Meter();
  readonly #evaluator: Evaluator;
  readonly #printed: string[] = [];
  /** The template that is on, which is another one within `template` actions. */
  #name: string;
  #depth = 0;

  constructor(template: ParsedTemplate) {
    this.#template = template;
    this.#name = template.name;
    this.#evaluator = new Evaluator({
      functions: template.functions,
      meter: this.#meter,
      fail: (node, message) => this.#fail(node, message),
    });
  }

  run(data: Value): string {
    try {
      this.#evaluator.begin(data);
      this.#list(data, this.#template.templates.get(this.#template.name) ?? []);
      return this.#printed.join("");
    } catch (error) {
      if (error instanceof LimitReached) return this.#fail(this.#evaluator.node, error.message);
      throw error;
    }
  }

  #list(dot: Value, nodes: readonly Node[]): void {
    if (++this.#depth > LIMITS.depth) {
      throw new LimitReached(
        `its actions are inside each other, or its templates call each other, more than ${LIMITS.depth} deep`,
      );
    }
    for (const node of nodes) this.#node(dot, node);
    this.#depth--;
  }

  #node(dot: Value, node: Node): void {
    this.#meter.step();
    this.#evaluator.node = node;
    switch (node.kind) {
      case "text":
        this.#print(node.text);
        break;
      case "action": {
        const value = this.#evaluator.pipe(dot, node.pipe);
        if (node.pipe.variables.length > 0) break;
        this.#print(value.kind === "nil" ? "<no value>" : show(value));
        break;
      }
      case "range":
        this.#range(dot, node);
        break;
      case "template":
        this.#call(dot, node);
        break;
      default:
        this.#branch(dot, node);
    }
  }

  #print(printed: string): void {
    this.#meter.print(printed.length);
    this.#printed.push(printed);
  }

  #branch(dot: Value, { kind, pipe, list, otherwise }: BranchNode): void {
    const evaluator = this.#evaluator;
    const mark = evaluator.mark();
    const value = evaluator.pipe(dot, pipe);
    if (isTrue(value)) this.#list(kind === "with" ? value : dot, list);
    else if (otherwise) this.#list(dot, otherwise);
    evaluator.release(mark);
  }

  #range(dot: Value, { pipe, list, otherwise }: BranchNode): void {
    const evaluator = this.#evaluator;
    const outer = evaluator.mark();
    const value = evaluator.pipe(dot, pipe);
    const elements = this.#elements(value);
    const mark = evaluator.mark();
    for (const [key, element] of elements) {
      evaluator.setRange(pipe, key, element);
      this.#list(element, list);
      evaluator.release(mark);
    }
    evaluator.release(outer);
    if (elements.length === 0 && otherwise) this.#list(dot, otherwise);
  }

  /** What a range goes over, with its keys or places. */
  #elements(value: Value): readonly (readonly [Value, Value])[] {
    switch (value.kind) {
      case "nil":
        return [];
      case "list":
        this.#meter.step(value.items.length);
        return value.items.map((item, index) => [int(index), item]);
      case "map":
        this.#meter.step(value.entries.size);
        return sortedEntries(value.entries).map(([key, item]) => [text(key), item]);
      default:
        return this.#fail(this.#evaluator.node, `range can't iterate over ${show(value)}`);
    }
  }

  #call(dot: Value, node: TemplateNode): void {
    const evaluator = this.#evaluator;
    const nodes = this.#template.templates.get(node.name);
    if (!nodes) this.#fail(node, `template ${quote(node.name)} not defined`);
    const argument = node.pipe ? evaluator.pipe(dot, node.pipe) : NIL;
    const caller = this.#name;
    this.#name = node.name;
    const variables = evaluator.begin(argument);
    this.#list(argument, nodes);
    evaluator.resume(variables);
    this.#name = caller;
  }

  #fail(node: AnyNode | undefined, message: string): never {
    const { name } = this.#template;
    const place = node
      ? `${this.#placeOf(node.at)}: executing ${quote(this.#name)} at <${shortened(describe(node), LIMITS.quoted)}>`
      : name;
    throw templateError(`${place}: ${message}`);
  }

  /** The name, the line, counted from 1, and the octet in it, counted from 0, as in Go. */
  #placeOf(at: number): string {
    const before = this.#template.source.slice(0, at);
    const octet = Buffer.byteLength(before.slice(before.lastIndexOf("\n") + 1));
    const lines = before.split("\n").length;
    return `${this.#template.name}:${lines}:${octet}`;
  }
}

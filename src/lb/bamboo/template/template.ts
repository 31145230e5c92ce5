import { execute } from "./execute.js";
import type { TemplateFunction } from "./function.js";
import { FUNCTIONS } from "./functions.js";
import { parse } from "./parser.js";
import type { Value } from "./values.js";

/**
 * A template in the language of Go's text/template, as its readers know it: the actions and functions of Go 1.6, with the rules and
 * messages of Go 1.19, which accept what those of 1.6 accept. Left out are methods, channels, functions as values and complex numbers:
 * the data has none.
 *
 * Reading and executing throw MesosDnsError LB_TEMPLATE and nothing else. What they cost is bounded, however a template is written.
 */
export interface Template {
  execute(data: Value): string;
}

/** `name` is what errors call the template, `functions` are those that it has beside the language's own. */
export function readTemplate(
  name: string,
  source: string,
  functions: ReadonlyMap<string, TemplateFunction> = new Map(),
): Template {
  const all = new Map([...FUNCTIONS, ...functions]);
  const templates = parse(name, source, new Set(all.keys()));
  return { execute: (data) => execute({ name, source, templates, functions: all }, data) };
}

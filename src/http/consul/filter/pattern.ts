import { FilterError } from "./lexer.js";

/**
 * Regular expressions in time that grows with the text and the pattern alone, as Consul's do: anybody may send one, and JavaScript's own can
 * take for ever. Literals, `.`, classes, `\d \w \s`, groups, `|`, `* + ?`, `{n,m}`, `^` and `$`.
 */

type Step =
  | { readonly kind: "one"; readonly takes: (character: string) => boolean }
  | { readonly kind: "split"; readonly to: readonly number[] }
  | { readonly kind: "start" | "end" | "match" };

/** A part of a program, whose last step goes on to what follows. */
type Part = readonly Step[];

const MAX_STEPS = 1_000;
/** Steps that one filter may take over all values: some hundredths of a second. */
const MAX_WORK = 2_000_000;
const MAX_REPEATS = 100;
const MAX_DEPTH = 16;
const CLASSES: Readonly<Record<string, RegExp>> = { d: /\d/, D: /\D/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ };

/** @throws FilterError for a pattern that is none, or is too large */
export function patternOf(pattern: string): (text: string) => boolean {
  const program = [...new Compiler(pattern).whole(), { kind: "match" } as const];
  let work = 0;
  return (text) => {
    const taken = (steps: number) => {
      work += steps;
      if (work > MAX_WORK) throw new FilterError("the pattern takes too long");
    };
    return matches(program, text, taken);
  };
}

function matches(program: readonly Step[], text: string, taken: (steps: number) => void): boolean {
  const characters = [...text];
  let at = new Set<number>();
  for (let index = 0; index <= characters.length; index++) {
    // A match may begin anywhere.
    if (follow(program, 0, at, { isStart: index === 0, isEnd: index === characters.length })) return true;
    taken(at.size);
    const next = new Set<number>();
    for (const step of at) {
      const { [step]: one } = program;
      if (one.kind !== "one" || index === characters.length || !one.takes(characters[index])) continue;
      const place = { isStart: false, isEnd: index + 1 === characters.length };
      if (follow(program, step + 1, next, place)) return true;
    }
    at = next;
  }
  return false;
}

/** Adds the steps that are reached without a character. @returns whether the match is among them */
function follow(
  program: readonly Step[],
  from: number,
  into: Set<number>,
  { isStart, isEnd }: { readonly isStart: boolean; readonly isEnd: boolean },
): boolean {
  const open = [from];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (into.has(step)) continue;
    into.add(step);
    const one = program[step];
    if (one.kind === "match") return true;
    if (one.kind === "split") open.push(...one.to.map((offset) => (step as number) + offset));
    else if ((one.kind === "start" && isStart) || (one.kind === "end" && isEnd)) open.push(step + 1);
  }
  return false;
}

class Compiler {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = [...text];
  }

  whole(): Part {
    const part = this.#choice();
    if (this.#at < this.#text.length) throw this.#error("a parenthesis too many");
    return part;
  }

  #choice(): Part {
    let part = this.#sequence();
    while (this.#takes("|")) part = either(part, this.#sequence());
    return part;
  }

  #sequence(): Part {
    const parts: Step[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at])) {
      parts.push(...this.#repeated(this.#single()));
      if (parts.length > MAX_STEPS) throw this.#error("too long");
    }
    return parts;
  }

  #repeated(part: Part): Part {
    if (this.#takes("*")) return this.#lazily(star(part));
    if (this.#takes("+")) return this.#lazily([...part, ...star(part)]);
    if (this.#takes("?")) return this.#lazily(either(part, []));
    const counts = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(this.#text.slice(this.#at, this.#at + 9).join(""));
    if (!counts) return part;
    this.#at += counts[0].length;
    const least = Number(counts[1]);
    const most = counts[2] === "" ? least : counts[3] === "" ? undefined : Number(counts[3]);
    if (least > MAX_REPEATS || (most !== undefined && (most > MAX_REPEATS || most < least)))
      throw this.#error(`a count over ${MAX_REPEATS}, or counts in the wrong order`);
    const fixed = Array.from({ length: least }, () => part).flat();
    if (most === undefined) return [...fixed, ...star(part)];
    const rest = Array.from({ length: most - least }).reduce<Part>((inner) => either([...part, ...inner], []), []);
    if (fixed.length + rest.length > MAX_STEPS) throw this.#error("too long");
    return [...fixed, ...rest];
  }

  /** `*?` finds the same texts as `*`. */
  #lazily(part: Part): Part {
    this.#takes("?");
    if (part.length > MAX_STEPS) throw this.#error("too long");
    return part;
  }

  #single(): Part {
    const character = this.#text[this.#at++];
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return one(this.#set());
      case ".":
        return one((each) => each !== "\n");
      case "^":
        return [{ kind: "start" }];
      case "$":
        return [{ kind: "end" }];
      case "\\":
        return one(this.#escaped());
      case "*":
      case "+":
      case "?":
        throw this.#error(`nothing to repeat before ${character}`);
      default:
        return one((each) => each === character);
    }
  }

  #group(): Part {
    if (++this.#depth > MAX_DEPTH) throw this.#error("too many parentheses within each other");
    if (this.#takes("?") && !this.#takes(":")) throw this.#error("only (?:…) may begin with a question mark");
    const part = this.#choice();
    if (!this.#takes(")")) throw this.#error("a parenthesis without its end");
    this.#depth--;
    return part;
  }

  #escaped(): (character: string) => boolean {
    const character = this.#text[this.#at++];
    if (character === undefined) throw this.#error("a backslash at the end");
    const known = CLASSES[character];
    if (known) return (each) => known.test(each);
    if (/[A-Za-z0-9]/.test(character)) throw this.#error(`\\${character} is not known`);
    return (each) => each === character;
  }

  #set(): (character: string) => boolean {
    const isNot = this.#takes("^");
    const tests: ((character: string) => boolean)[] = [];
    for (let isFirst = true; isFirst || this.#text[this.#at] !== "]"; isFirst = false) {
      const from = this.#text[this.#at++];
      if (from === undefined) throw this.#error("a class without its end");
      if (from === "\\") tests.push(this.#escaped());
      else if (this.#text[this.#at] === "-" && ![undefined, "]"].includes(this.#text[this.#at + 1])) {
        const to = this.#text[this.#at + 1];
        this.#at += 2;
        tests.push((each) => from <= each && each <= to);
      } else tests.push((each) => each === from);
    }
    this.#at++;
    return (each) => tests.some((test) => test(each)) !== isNot;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #error(what: string): FilterError {
    return new FilterError(`in the pattern: ${what}`);
  }
}

function one(takes: (character: string) => boolean): Part {
  return [{ kind: "one", takes }];
}

function star(part: Part): Part {
  return [{ kind: "split", to: [1, part.length + 2] }, ...part, { kind: "split", to: [-part.length - 1] }];
}

function either(a: Part, b: Part): Part {
  return [{ kind: "split", to: [1, a.length + 2] }, ...a, { kind: "split", to: [b.length + 1] }, ...b];
}

import type { Expression, Selector } from "./parser.js";
import { patternOf } from "./pattern.js";

/** Characters of a value that is matched against a pattern. */
const MAX_MATCHED = 1_024;

/** Whether an element of an answer passes the filter. */
export type Test = (element: object) => boolean;

/**
 * The test that an expression is.
 *
 * @throws FilterError for a pattern that is none
 */
export function testOf(expression: Expression): Test {
  switch (expression.kind) {
    case "and": {
      const [left, right] = [testOf(expression.left), testOf(expression.right)];
      return (element) => left(element) && right(element);
    }
    case "or": {
      const [left, right] = [testOf(expression.left), testOf(expression.right)];
      return (element) => left(element) || right(element);
    }
    case "not": {
      const test = testOf(expression.of);
      return (element) => !test(element);
    }
    default:
      return testOfMatch(expression);
  }
}

function testOfMatch(expression: Exclude<Expression, { kind: "and" | "or" | "not" }>): Test {
  const { selector } = expression;
  if (expression.kind === "empty") return (element) => valuesOf(element, selector).every(isEmpty);
  const { value } = expression;
  switch (expression.kind) {
    case "equal":
      return (element) => valuesOf(element, selector).some((each) => isEqual(each, value));
    case "unequal":
      return (element) => {
        const values = valuesOf(element, selector);
        return values.length === 0 || values.some((each) => !isEqual(each, value));
      };
    case "contains":
      return (element) => valuesOf(element, selector).some((each) => contains(each, value));
    case "matches": {
      const pattern = patternOf(value);
      return (element) =>
        valuesOf(element, selector).some((each) => typeof each === "string" && pattern(each.slice(0, MAX_MATCHED)));
    }
  }
}

/** What the selector leads to: a list on the way stands for each of its elements. */
function valuesOf(element: unknown, selector: Selector): readonly unknown[] {
  if (selector.length === 0) return [element];
  if (Array.isArray(element)) return element.flatMap((each) => valuesOf(each, selector));
  const [name, ...rest] = selector;
  if (typeof element !== "object" || element === null || !Object.hasOwn(element, name)) return [];
  return valuesOf((element as Readonly<Record<string, unknown>>)[name], rest);
}

function isEqual(value: unknown, wanted: string): boolean {
  if (Array.isArray(value)) return value.some((each) => isEqual(each, wanted));
  return (typeof value !== "object" || value === null) && String(value) === wanted;
}

/** A list contains its elements, a map its keys, a text its parts. */
function contains(value: unknown, wanted: string): boolean {
  if (Array.isArray(value)) return value.some((each) => isEqual(each, wanted));
  if (typeof value === "string") return value.includes(wanted);
  return typeof value === "object" && value !== null && Object.hasOwn(value, wanted);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === "" || value === undefined || value === null;
}

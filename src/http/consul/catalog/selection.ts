import type { ConsulNode } from "../../../consul/registry/model.js";
import { refusal } from "../answers.js";
import type { ConsulAnswer, ConsulRequest } from "../endpoint.js";
import { type Test, testOf } from "../filter/evaluate.js";
import { FilterError } from "../filter/lexer.js";
import { parseFilter } from "../filter/parser.js";
import type { Found } from "./shapes.js";

/** Which elements of a list a request wants. */
export interface Selection {
  /** In lower case; all of them. */
  readonly tags: readonly string[];
  /** All of them. */
  readonly nodeMeta: readonly (readonly [key: string, value: string])[];
  /** Of an element as it is answered; `undefined` for any. */
  readonly filter: Test | undefined;
  /** Identifies it: equal texts mean equal answers. */
  readonly key: string;
}

/** What a request wants, or a refusal that says what is wrong with it. */
export function selectionIn({ query }: ConsulRequest): Selection | ConsulAnswer {
  const tags = query.getAll("tag").filter(Boolean);
  const meta = query.getAll("node-meta").filter(Boolean);
  const filter = query.get("filter") ?? "";
  const key = JSON.stringify([tags, meta, filter]);
  const nodeMeta = meta.map((pair) => {
    const colon = pair.indexOf(":");
    return colon < 0 ? ([pair, ""] as const) : ([pair.slice(0, colon), pair.slice(colon + 1)] as const);
  });
  const lower = tags.map((tag) => tag.toLowerCase());
  if (filter.trim() === "") return { tags: lower, nodeMeta, filter: undefined, key };
  try {
    return { tags: lower, nodeMeta, filter: testOf(parseFilter(filter)), key };
  } catch (error) {
    if (error instanceof FilterError) return badFilter(error);
    throw error;
  }
}

export function badFilter(error: FilterError): ConsulAnswer {
  return refusal(400, `Failed to create boolean expression evaluator: ${error.message}`);
}

export function isOnNode({ nodeMeta }: Selection, { meta }: ConsulNode): boolean {
  return nodeMeta.every(([key, value]) => meta.some(([name, text]) => name === key && text === value));
}

export function isSelected(selection: Selection, { row, node }: Found): boolean {
  const { tags } = selection;
  if (!isOnNode(selection, node)) return false;
  return tags.length === 0 || hasTags(row.tags, tags);
}

function hasTags(own: readonly string[], wanted: readonly string[]): boolean {
  const lower = own.map((tag) => tag.toLowerCase());
  return wanted.every((tag) => lower.includes(tag));
}

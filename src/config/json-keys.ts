/**
 * Finds keys that occur more than once in an object of a JSON text. JSON.parse silently takes the last value, and keeps it in the
 * place of the first.
 */
import { tokensOf } from "./json.js";

interface Frame {
  /** Path of the object or list, in the notation of error messages. */
  readonly path: string;
  readonly isObject: boolean;
  /** The lines in which each key occurs, by the key in lower case. */
  readonly lines: Map<string, { readonly name: string; readonly at: number[] }>;
  /** The last key, whose value comes next. */
  key: string;
  expectsKey: boolean;
}

export interface KeyScan {
  /** The keys of the outermost object, without duplicates, in the order of their last occurrences. */
  readonly order: Iterable<string>;
  /** A sentence for each key that occurs more than once. */
  readonly repeated: readonly string[];
}

/** @param text a JSON object */
export function scanKeys(text: string): KeyScan {
  const found: string[] = [];
  const order = new Set<string>();
  const open: Frame[] = [];
  for (const { token, line } of tokensOf(text)) {
    const frame = open.at(-1);
    if (token === "{" || token === "[") {
      const path = [frame?.path, frame?.key].filter(Boolean).join(".");
      open.push({ path, isObject: token === "{", lines: new Map(), key: "", expectsKey: token === "{" });
    } else if (token === "}" || token === "]") {
      open.pop();
      if (frame) found.push(...describe(frame));
    } else if (frame?.isObject) {
      if (token === ",") frame.expectsKey = true;
      else if (frame.expectsKey) {
        const name = JSON.parse(token) as string;
        noteKey(frame, name, line);
        if (open.length > 1) continue;
        order.delete(name);
        order.add(name);
      }
    }
  }
  return { order, repeated: found };
}

function noteKey(frame: Frame, name: string, line: number): void {
  frame.expectsKey = false;
  frame.key = name;
  // The format of zoneResolvers itself reports zones that differ only in case.
  const identity = frame.path.toLowerCase() === "zoneresolvers" ? name : name.toLowerCase();
  const known = frame.lines.get(identity);
  if (known) known.at.push(line);
  else frame.lines.set(identity, { name, at: [line] });
}

function describe({ path, lines }: Frame): readonly string[] {
  return [...lines.values()]
    .filter(({ at }) => at.length > 1)
    .map(({ name, at }) => {
      const key = path === "" ? name : `${path}.${name}`;
      const places = [...new Set(at)];
      if (places.length === 1) return `${key} stands ${at.length} times in line ${at[0]}: the last one counts`;
      const last = places.pop();
      return `${key} stands in line ${places.join(", ")} and again in line ${last}: line ${last} counts`;
    });
}

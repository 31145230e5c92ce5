/** A JSON object whose names are looked up as Go does: without regard to case. */
export class JsonFields {
  readonly #fields: ReadonlyMap<string, unknown>;

  private constructor(fields: ReadonlyMap<string, unknown>) {
    this.#fields = fields;
  }

  /** `undefined` if this is no object. */
  static of(value: unknown): JsonFields | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new JsonFields(new Map(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each])));
  }

  /** The value; `undefined` if it is missing or `null`. */
  get(name: string): unknown {
    return this.#fields.get(name.toLowerCase()) ?? undefined;
  }

  /** The text at this name; empty if it is missing, `undefined` if it is something else. */
  text(name: string): string | undefined {
    const value = this.get(name) ?? "";
    return typeof value === "string" ? value : undefined;
  }
}

/** How deep arrays and objects may be in one another: no request needs more, and what reads them calls itself for each. */
export const MAX_DEPTH = 32;

/** What JSON says; `undefined` if it is none, or goes too deep. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  if (isTooDeep(text)) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isTooDeep(json: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (isText) {
      if (character === "\\") at++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

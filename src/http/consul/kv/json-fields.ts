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

/** What JSON says; `undefined` if it is none. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

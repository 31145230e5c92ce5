/** Where in the console the address leads: `#/tasks?framework=marathon`. */
export interface Route {
  /** Without the slash: `tasks`; "" for the overview. */
  readonly page: string;
  readonly query: URLSearchParams;
}

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { page: path, query: new URLSearchParams(query) };
}

/** Those that are undefined or "" are left out. */
export function linkTo(page: string, parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const query = queryOf(parameters);
  return `#/${page}${query}`;
}

export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

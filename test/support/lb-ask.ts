import { type IncomingHttpHeaders, request } from "node:http";

export interface LbAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** One request over a connection of its own. */
export function askLb(port: number, headers: Readonly<Record<string, string>> = {}, path = "/"): Promise<LbAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    asked.on("error", reject).end();
  });
}

/** What answers so many requests: the names of servers, each once, or the status where it is not 200. */
export async function answersOf(
  port: number,
  headers: Readonly<Record<string, string>> = {},
  times = 12,
): Promise<string> {
  const seen = new Set<string>();
  for (let count = 0; count < times; count++) {
    const { status, body } = await askLb(port, headers);
    seen.add(status === 200 ? body : String(status));
  }
  return [...seen].sort().join("");
}

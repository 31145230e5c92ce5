import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Authorization } from "./authorization.js";

/** How many bytes of a response that is not used to read, so that its connection can be used again. */
const DUMP_LIMIT_BYTES = 16_384;

/** Status codes that name another place. */
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface RequestTemplate {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the response is a stream, which may be silent for as long as its reader bears. */
  readonly isStream?: true;
}

/** Sends requests over one pool of connections, with credentials if there are any. */
export class Requests {
  readonly #dispatcher: Dispatcher;
  readonly #authorization: Authorization;

  constructor(dispatcher: Dispatcher, authorization: Authorization) {
    this.#dispatcher = dispatcher;
    this.#authorization = authorization;
  }

  /** When the login expires, in milliseconds since 1970; `undefined` if that is not known. */
  get loginExpiresAt(): number | undefined {
    return this.#authorization.expiresAt;
  }

  /** One request. After a 401 it is repeated once with new credentials, if there are any. */
  async send(url: URL, template: RequestTemplate, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const response = await this.#send(url, template, signal);
    if (response.statusCode !== 401 || !this.#authorization.forget()) return response;
    dump(response, signal);
    return this.#send(url, template, signal);
  }

  /** Closes all connections. Requests in progress fail. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #send(url: URL, template: RequestTemplate, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, headers, body, isStream } = template;
    const authorization = await this.#authorization.header(signal);
    return this.#dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      ...(body !== undefined && { body }),
      ...(isStream && { bodyTimeout: 0 }),
      headers: { ...headers, "user-agent": "mesos-dns", ...(authorization !== undefined && { authorization }) },
      signal,
    });
  }
}

/** Gets rid of a response that is not used. */
export function dump({ body }: Dispatcher.ResponseData, signal: AbortSignal): void {
  body.dump({ limit: DUMP_LIMIT_BYTES, signal }).catch(() => {});
}

/** Ends a response before its end. */
export function destroy(body: Readable): void {
  // Without a listener, the error that a destroyed body emits would end the process.
  body.on("error", () => {}).destroy();
}

import { Agent } from "undici";
import { causeOf } from "../base/errors.js";
import { isObject, type JsonObject, jsonIn, textOf } from "../base/lenient.js";
import { readBody } from "../sources/http/body.js";

/** More than any answer of a server takes but a list of all names, which is much longer. */
const MAX_BYTES = 16 * 2 ** 20;

export interface ApiRequest {
  readonly ms: number;
  readonly maxBytes?: number;
  /** A status beside 200 with which there is an answer all the same. */
  readonly status?: number;
}

/**
 * What the API of a server answers, whatever its port: `fetch` refuses some. Throws an error that says in a clause why there is no
 * answer, with the server's own words if it gave any.
 */
export async function askApi(url: string, { ms, maxBytes = MAX_BYTES, status = 200 }: ApiRequest): Promise<JsonObject> {
  const signal = AbortSignal.timeout(ms);
  const agent = new Agent();
  try {
    const { origin, pathname, search } = new URL(url);
    const response = await agent.request({ origin, path: `${pathname}${search}`, method: "GET", signal });
    const parts: Uint8Array[] = [];
    const tooLarge = () => new Error(`its answer has more than ${maxBytes / 2 ** 20} MiB`);
    const take = (part: Uint8Array) => void parts.push(part);
    await readBody(response.body, { gzip: false, maxBytes, signal, tooLarge, take });
    const body = jsonIn(Buffer.concat(parts).toString("utf8"));
    const isAnswer = response.statusCode === 200 || response.statusCode === status;
    if (!isAnswer) throw new Error((isObject(body) && textOf(body.error)) || `status ${response.statusCode}`);
    if (!isObject(body)) throw new Error("what it answered is no JSON object");
    return body;
  } catch (error) {
    throw new Error(signal.aborted ? `no answer within ${ms / 1_000} s` : causeOf(error));
  } finally {
    await agent.destroy();
  }
}

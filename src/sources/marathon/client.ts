import type { Readable } from "node:stream";
import { type Dispatcher, Agent as HttpAgent } from "undici";
import { Deadline } from "../../base/deadline.js";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, listOf, textOf } from "../../base/lenient.js";
import type { Timers } from "../../base/timers.js";
import type { MarathonSetting } from "../../config/lb.js";
import { readBody } from "../http/body.js";
import { destroy, dump, REDIRECTS, Requests, type RequestTemplate } from "../http/requests.js";
import { parseHttpUrl } from "../http/url.js";
import { AppsReader } from "./apps-reader.js";
import { explainFailure, refusal, summaryOf } from "./failures.js";
import { createLogin, type Environment, readAuthorities } from "./login.js";
import { type AppsAnswer, parseJson } from "./read-apps.js";
import { MarathonRequest } from "./request.js";

const CONNECT_MS = 3_000;
/** A whole answer, redirects included. */
const ANSWER_MS = 46_000;
/** Octets of an answer: more than the largest Marathon has. */
const MAX_BYTES = 268_435_456;
const APPS = { path: "/v2/apps", query: "?embed=apps.tasks&embed=apps.deployments&embed=apps.readiness" };
const TASKS = { path: "/v2/tasks", query: "" };
/** Marathon before 1.4 has none. */
const PODS = { path: "/v2/pods/::status", query: "", isOptional: true } as const;

/** The events after which apps, tasks or their health may be others. */
export const EVENT_TYPES: readonly string[] = [
  "status_update_event",
  "instance_health_changed_event",
  "health_status_changed_event",
  "api_post_event",
  "app_terminated_event",
  "instance_changed_event",
  "deployment_success",
  "deployment_info",
  "pod_created_event",
  "pod_updated_event",
  "pod_deleted_event",
  "event_stream_attached",
];
const EVENTS = {
  path: "/v2/events",
  query: `?plan-format=light&${EVENT_TYPES.map((type) => `event_type=${type}`).join("&")}`,
};

const JSON_ANSWER: RequestTemplate = {
  method: "GET",
  headers: { accept: "application/json", "accept-encoding": "gzip" },
};
const TEXT_ANSWER: RequestTemplate = { method: "GET", headers: { accept: "text/plain", "accept-encoding": "gzip" } };
const STREAM: RequestTemplate = { method: "GET", headers: { accept: "text/event-stream" }, isStream: true };

interface Answer {
  /** As it was sent, unpacked. */
  readonly body: Buffer;
  /** The node of the list that was asked. */
  readonly url: string;
  /** The origin of the leader that answered. */
  readonly leader: string;
}

export interface MarathonAnswer extends Answer {
  /** What it says; `undefined` if that is the same as before. */
  readonly read: AppsAnswer | undefined;
}

export interface MarathonStream {
  /** `text/event-stream`. Whoever stops reading before its end must destroy it. */
  readonly body: Readable;
  readonly leader: string;
}

export interface MarathonClientParts {
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly env: Environment;
}

interface Place {
  readonly path: string;
  readonly query: string;
  /** Whether a 404 is an empty answer. */
  readonly isOptional?: true;
}

/** Asks the nodes of one Marathon: the one that answered last, and if it does not the next ones. */
export class MarathonClient {
  readonly urls: readonly string[];
  readonly #timers: Timers;
  readonly #requests: Requests;
  readonly #reader = new AppsReader();
  /** The place of the node that is asked first. */
  #at = 0;

  /** Throws MesosDnsError CREDENTIALS_UNREADABLE. */
  constructor(setting: MarathonSetting, { timers, wallClock, env }: MarathonClientParts) {
    const connect = { ...readAuthorities(setting), timeout: CONNECT_MS };
    const dispatcher = new HttpAgent({ connect, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
    this.urls = setting.urls;
    this.#timers = timers;
    this.#requests = new Requests(dispatcher, createLogin(setting, env, { dispatcher, now: wallClock }));
  }

  /**
   * The apps with their tasks. Throws MesosDnsError MARATHON_UNREACHABLE, MARATHON_STATUS, MARATHON_INVALID or LOGIN_FAILED with a
   * message that names each node that was asked; or the signal's reason.
   * @param before the body of the last answer: the same one is not read again
   */
  apps(signal: AbortSignal, before?: Buffer): Promise<MarathonAnswer> {
    return this.#anywhere(signal, async (url) => {
      const answer = await this.#fetch(url, APPS, JSON_ANSWER, signal);
      const isSame = before?.equals(answer.body);
      return { ...answer, read: isSame ? undefined : reading(url, () => this.#reader.read(answer.body)) };
    });
  }

  /** `GET /v2/tasks` as `text/plain`. Throws as apps() does. */
  async tasksText(signal: AbortSignal): Promise<string> {
    const { body } = await this.#anywhere(signal, (url) => this.#fetch(url, TASKS, TEXT_ANSWER, signal));
    return body.toString("utf8");
  }

  /** The ids of all pods; none from a Marathon that has no pods yet. Throws as apps() does. */
  async podIds(signal: AbortSignal): Promise<readonly string[]> {
    const url = this.urls[this.#at] as string;
    const answer = await this.#fetch(url, PODS, JSON_ANSWER, signal);
    const pods = answer.body.length === 0 ? [] : reading(url, () => listOf(parseJson(answer.body)));
    return pods.map((pod) => (isObject(pod) ? textOf(pod.id) : "")).filter((id) => id !== "");
  }

  /** The stream of events of one node, or of the leader that it names. `signal` ends it. Throws as apps() does. */
  async events(url: string, signal: AbortSignal): Promise<MarathonStream> {
    const request = new MarathonRequest(url, EVENTS.path, EVENTS.query);
    // The deadline is for the beginning of the answer; the stream itself has none.
    const deadline = new Deadline(this.#timers, ANSWER_MS, signal);
    try {
      const response = await this.#follow(request, STREAM, AbortSignal.any([signal, deadline.signal]));
      // Without a listener, the error that a destroyed body emits would end the process.
      response.body.on("error", () => {});
      const type = String(response.headers["content-type"] ?? "");
      if (type.toLowerCase().startsWith("text/event-stream"))
        return { body: response.body, leader: leaderOf(response, request) };
      response.body.destroy();
      throw new MesosDnsError(
        "MARATHON_INVALID",
        `${request.who} answered with content type "${type}" instead of events`,
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainFailure(error, request.who, deadline.expired ? ANSWER_MS : undefined);
    } finally {
      deadline.clear();
    }
  }

  /** Closes all connections. Requests in progress fail. */
  async close(): Promise<void> {
    await this.#requests.close();
  }

  /** Asks each node once, the one that answered last first. */
  async #anywhere<T extends Answer>(signal: AbortSignal, ask: (url: string) => Promise<T>): Promise<T> {
    const failures: MesosDnsError[] = [];
    while (failures.length < this.urls.length) {
      try {
        return await ask(this.urls[this.#at] as string);
      } catch (error) {
        if (signal.aborted || !(error instanceof MesosDnsError) || error.code === "LOGIN_FAILED") throw error;
        failures.push(error);
        this.#at = (this.#at + 1) % this.urls.length;
      }
    }
    throw summaryOf(failures);
  }

  /** A whole answer. */
  async #fetch(url: string, place: Place, template: RequestTemplate, signal: AbortSignal): Promise<Answer> {
    const request = new MarathonRequest(url, place.path, place.query);
    const deadline = new Deadline(this.#timers, ANSWER_MS, signal);
    try {
      const response = await this.#follow(request, template, deadline.signal, place.isOptional);
      const body = response.statusCode === 404 ? NOTHING : await this.#read(response, request.who, deadline.signal);
      return { body, url, leader: leaderOf(response, request) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw explainFailure(error, request.who, deadline.expired ? ANSWER_MS : undefined);
    } finally {
      deadline.clear();
    }
  }

  /** The first response that is neither a redirect nor an error; with `mayLack`, a 404 is none. */
  async #follow(
    request: MarathonRequest,
    template: RequestTemplate,
    signal: AbortSignal,
    mayLack = false,
  ): Promise<Dispatcher.ResponseData> {
    for (;;) {
      const response = await this.#requests.send(request.url, template, signal);
      const { statusCode, headers, body } = response;
      if (statusCode === 200) return response;
      if (statusCode === 404 && mayLack) {
        dump(response, signal);
        return response;
      }
      if (!REDIRECTS.has(statusCode)) throw await refusal(request.who, statusCode, body);
      dump(response, signal);
      request.redirect(headers.location);
    }
  }

  async #read({ headers, body }: Dispatcher.ResponseData, who: string, signal: AbortSignal): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    const tooLarge = () =>
      new MesosDnsError("MARATHON_INVALID", `${who}: its answer has more than ${MAX_BYTES} octets`);
    const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
    try {
      if (!ENCODINGS.has(encoding))
        throw new MesosDnsError("MARATHON_INVALID", `${who}: its answer is packed with "${encoding}", unasked`);
      const gzip = encoding !== "identity";
      await readBody(body, { gzip, maxBytes: MAX_BYTES, tooLarge, signal, take: (part) => parts.push(part) });
      return Buffer.concat(parts);
    } catch (error) {
      destroy(body);
      throw error;
    }
  }
}

const NOTHING = Buffer.alloc(0);
const ENCODINGS: ReadonlySet<string> = new Set(["identity", "gzip", "x-gzip"]);

/** Adds the name of the node to an error of what reads its answer. */
function reading<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new MesosDnsError("MARATHON_INVALID", `Marathon at ${url}: ${messageOf(error)}`, { cause: error });
  }
}

/** Marathon names its leader in every answer, also where something stands in front of it. */
function leaderOf({ headers }: Dispatcher.ResponseData, { url }: MarathonRequest): string {
  const { "x-marathon-leader": named } = headers;
  return (typeof named === "string" && parseHttpUrl(named)?.origin) || url.origin;
}

import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, listOf, textOf } from "../../base/lenient.js";
import type { MarathonSetting } from "../../config/lb.js";
import type { RequestTemplate } from "../http/requests.js";
import { AppsReader } from "./apps-reader.js";
import { type Answer, type ExchangeParts, MarathonExchange, type MarathonStream, type Place } from "./exchange.js";
import { summaryOf } from "./failures.js";
import { type AppsAnswer, parseJson } from "./read-apps.js";
import { Rooms } from "./room.js";

const APPS = { path: "/v2/apps", query: "?embed=apps.tasks&embed=apps.deployments&embed=apps.readiness" };
const TASKS = { path: "/v2/tasks", query: "" };
/** Marathon before 1.4 has none. */
const PODS: Place = { path: "/v2/pods/::status", query: "", isOptional: true };

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

export interface MarathonAnswer extends Answer {
  /** What it says; `undefined` if that is the same as before. */
  readonly read: AppsAnswer | undefined;
}

/** Asks the nodes of one Marathon: the one that answered last, and if it does not the next ones. */
export class MarathonClient {
  readonly urls: readonly string[];
  readonly #exchange: MarathonExchange;
  readonly #reader = new AppsReader();
  readonly #rooms = new Rooms();
  /** The place of the node that is asked first. */
  #at = 0;

  /** Throws MesosDnsError CREDENTIALS_UNREADABLE. */
  constructor(setting: MarathonSetting, parts: ExchangeParts) {
    this.urls = setting.urls;
    this.#exchange = new MarathonExchange(setting, parts);
  }

  /**
   * The apps with their tasks. Throws MesosDnsError MARATHON_UNREACHABLE, MARATHON_STATUS, MARATHON_INVALID or LOGIN_FAILED with a
   * message that names each node that was asked; or the signal's reason.
   * An answer's body is valid until the next but one has been read.
   * @param before the body of the last answer: the same one is not read again
   */
  apps(signal: AbortSignal, before?: Buffer): Promise<MarathonAnswer> {
    return this.#anywhere(signal, async (url) => {
      const answer = await this.#exchange.fetch(url, APPS, JSON_ANSWER, signal, this.#rooms.free);
      if (before?.equals(answer.body)) return { ...answer, body: before, read: undefined };
      const read = reading(url, () => this.#reader.read(answer.body));
      // What has been read is compared with the next one. What could not be read is not.
      this.#rooms.keep();
      return { ...answer, read };
    });
  }

  /** `GET /v2/tasks` as `text/plain`. Throws as apps() does. */
  async tasksText(signal: AbortSignal): Promise<string> {
    const { body } = await this.#anywhere(signal, (url) => this.#exchange.fetch(url, TASKS, TEXT_ANSWER, signal));
    return body.toString("utf8");
  }

  /** The ids of all pods; none from a Marathon that has no pods yet. Throws as apps() does. */
  async podIds(signal: AbortSignal): Promise<readonly string[]> {
    const url = this.urls[this.#at] as string;
    const answer = await this.#exchange.fetch(url, PODS, JSON_ANSWER, signal);
    const pods = answer.body.length === 0 ? [] : reading(url, () => listOf(parseJson(answer.body)));
    return pods.map((pod) => (isObject(pod) ? textOf(pod.id) : "")).filter((id) => id !== "");
  }

  /** The stream of events of one node, or of the leader that it names. `signal` ends it. Throws as apps() does. */
  events(url: string, signal: AbortSignal): Promise<MarathonStream> {
    return this.#exchange.stream(url, EVENTS, STREAM, signal);
  }

  /** Closes all connections. Requests in progress fail. */
  async close(): Promise<void> {
    await this.#exchange.close();
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
}

/** Adds the name of the node to an error of what reads its answer. */
function reading<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new MesosDnsError("MARATHON_INVALID", `Marathon at ${url}: ${messageOf(error)}`, { cause: error });
  }
}

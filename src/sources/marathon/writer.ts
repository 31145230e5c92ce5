import { MesosDnsError } from "../../base/errors.js";
import { isObject, type JsonObject, listOf } from "../../base/lenient.js";
import type { MarathonSetting } from "../../config/lb.js";
import type { RequestTemplate } from "../http/requests.js";
import type { MarathonApp } from "./app.js";
import { type ExchangeParts, MarathonExchange } from "./exchange.js";
import { parseJson, readApp } from "./read-apps.js";

const APPS = "/v2/apps";
/** Instances are killed for good: the app has that many fewer. */
const KILL = { path: "/v2/tasks/delete", query: "?scale=true" };

/** What is under way is not given up: it may have been done. */
const NEVER = new AbortController().signal;

/** An app as Marathon tells of it, and what is read of that. */
export interface ToldApp {
  readonly told: JsonObject;
  readonly app: MarathonApp;
}

/**
 * Changes the apps of a Marathon. Whatever fails rejects with MesosDnsError MARATHON_UNREACHABLE, MARATHON_STATUS, MARATHON_INVALID or
 * LOGIN_FAILED, and may have been done if no answer came: it is asked once, and nobody else instead of it.
 */
export class MarathonWriter {
  readonly #url: string;
  readonly #exchange: MarathonExchange;

  /** @param setting the first of its `urls` counts. Throws MesosDnsError CREDENTIALS_UNREADABLE. */
  constructor(setting: MarathonSetting, parts: ExchangeParts) {
    this.#url = setting.urls[0] ?? "";
    this.#exchange = new MarathonExchange(setting, parts);
  }

  /** All apps, without their tasks. */
  async apps(): Promise<readonly ToldApp[]> {
    const answer = await this.#send("GET", APPS);
    if (!isObject(answer) || !Array.isArray(answer.apps)) throw this.#invalid("there are no apps in its answer");
    return listOf(answer.apps).flatMap((item) => toldApp(item) ?? []);
  }

  /** An app with its tasks and deployments. */
  async app(id: string): Promise<ToldApp> {
    const answer = await this.#send("GET", pathOf(id));
    const app = isObject(answer) ? toldApp(answer.app) : undefined;
    if (app === undefined) throw this.#invalid(`there is no app in its answer about ${id}`);
    return app;
  }

  async create(app: JsonObject): Promise<void> {
    await this.#send("POST", APPS, app);
  }

  async scale(id: string, instances: number): Promise<void> {
    await this.#send("PUT", pathOf(id), { instances });
  }

  /** Kills tasks, and has no others started in their place. */
  async kill(ids: readonly string[]): Promise<void> {
    await this.#send("POST", KILL.path, { ids }, KILL.query);
  }

  async remove(id: string): Promise<void> {
    await this.#send("DELETE", pathOf(id));
  }

  async close(): Promise<void> {
    await this.#exchange.close();
  }

  async #send(method: RequestTemplate["method"], path: string, body?: JsonObject, query = ""): Promise<unknown> {
    const template: RequestTemplate = {
      method,
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await this.#exchange.fetch(this.#url, { path, query }, template, NEVER);
    return method === "GET" ? this.#parsed(answer.body) : undefined;
  }

  #parsed(body: Buffer): unknown {
    try {
      return parseJson(body);
    } catch (error) {
      throw error instanceof MesosDnsError ? this.#invalid(error.message) : error;
    }
  }

  #invalid(what: string): MesosDnsError {
    return new MesosDnsError("MARATHON_INVALID", `Marathon at ${this.#url}: ${what}`);
  }
}

function toldApp(item: unknown): ToldApp | undefined {
  const { app } = readApp(item);
  return app && isObject(item) ? { told: item, app } : undefined;
}

/** Where an app is. An id that would lead somewhere else in the URL is no app's. */
function pathOf(id: string): string {
  const segments = id.split("/");
  if (segments.some((segment) => segment === "." || segment === ".."))
    throw new MesosDnsError("MARATHON_INVALID", `${JSON.stringify(id)} is no id of an app`);
  return `${APPS}${segments.map(encodeURIComponent).join("/")}`;
}

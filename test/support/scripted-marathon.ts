import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Json } from "./json.js";
import { type Answer, type RecordedRequest, record, send } from "./scripted-answer.js";

/**
 * A Marathon that does what a test tells it, over real HTTP on a free port of 127.0.0.1, and builders for its apps:
 *
 *     const marathon = await ScriptedMarathon.start();
 *     marathon.apps = [app("/web", { tasks: [task("192.0.2.10", [31000])] })];
 *     marathon.emit("status_update_event", { taskStatus: "TASK_RUNNING" });
 *     marathon.fault = { status: 500 };
 */
export class ScriptedMarathon {
  apps: readonly Json[] = [];
  /** What `GET /v2/pods/::status` says; `undefined` as in Marathon before 1.4. */
  pods: readonly Json[] | undefined;
  /** What `GET /v2/tasks` says as `text/plain`. */
  tasksText = "";
  /** In place of apps, tasks and pods. Without a state or body of its own, and with a status of 200, it is done to the real answer. */
  fault: Answer | undefined;
  /** In place of a stream of events. */
  streamFault: Answer | undefined;
  /** What else it does, and answers; `undefined` for what is scripted. */
  doing: ((request: RecordedRequest) => Answer | undefined) | undefined;
  /** Whether a stream of events begins with one that says so. */
  greets = true;
  /** The leader, where this one is a standby: it answers 302, as Marathon since 1.7. */
  leader: { readonly url: string } | undefined;
  /** Every request in the order of arrival, refused ones included. */
  readonly requests: RecordedRequest[] = [];
  readonly url: string;
  readonly #server: http.Server;
  readonly #streams = new Set<http.ServerResponse>();
  #authorization: string | undefined;

  private constructor(server: http.Server, scheme: string) {
    this.#server = server;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", async (request: http.IncomingMessage, response: http.ServerResponse) => {
      const recorded = await record(request);
      this.requests.push(recorded);
      const answer = this.#answerTo(recorded);
      if (answer) await send(response, answer);
      else this.#stream(response);
    });
  }

  /** @param port a free one unless given. @param tls PEM texts, for HTTPS */
  static async start({ port = 0, tls }: ScriptedMarathonOptions = {}): Promise<ScriptedMarathon> {
    const server = tls ? https.createServer(tls) : http.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    return new ScriptedMarathon(server, tls ? "https" : "http");
  }

  /** How often its apps were asked for. */
  get fetches(): number {
    return this.requests.filter(({ path }) => path === "/v2/apps").length;
  }

  /** How many streams of events are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Sends an event to all streams. */
  emit(eventType: string, data: Json = {}): void {
    const timestamp = "2030-01-01T00:00:00.000Z";
    this.say(`event: ${eventType}\r\ndata: ${JSON.stringify({ eventType, timestamp, ...data })}\r\n\r\n`);
  }

  /** Sends a text to all streams, such as the blank line of a heartbeat. */
  say(text: string): void {
    for (const response of this.#streams) response.write(text);
  }

  /** Ends all streams. */
  cut(): void {
    for (const response of this.#streams) response.destroy();
  }

  /** From now on, a request without this Authorization header is answered 401. */
  requireAuthorization(header: string | undefined): void {
    this.#authorization = header;
  }

  requireBasic(user: string, password: string): void {
    this.requireAuthorization(`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);
  }

  /** Closes the port and every connection. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** `undefined` for a stream. */
  #answerTo(request: RecordedRequest): Answer | undefined {
    const { path, query, headers } = request;
    const isStream = path === "/v2/events";
    const fault = isStream ? this.streamFault : this.fault;
    if (this.leader) {
      const location = `${this.leader.url}${path}${query && `?${query}`}`;
      return { status: 302, headers: { location }, body: "" };
    }
    if (this.#authorization !== undefined && headers.authorization !== this.#authorization)
      return { status: 401, state: { message: "Invalid username or password." } };
    if (fault && (fault.state ?? fault.body) !== undefined) return fault;
    if (fault && (fault.status ?? 200) !== 200) return { state: { message: "an error" }, ...fault };
    if (isStream) return fault;
    return { ...(this.doing?.(request) ?? this.#whole(path, headers.accept)), ...fault };
  }

  #whole(path: string, accept: string | undefined): Answer {
    const headers = { "x-marathon-leader": this.url };
    if (path === "/v2/apps") return { headers, state: { apps: this.apps } };
    if (path === "/v2/tasks" && accept === "text/plain")
      return { headers, contentType: "text/plain", body: this.tasksText };
    if (path === "/v2/pods/::status" && this.pods) return { headers, body: JSON.stringify(this.pods) };
    return { status: 404, state: { message: `no such thing: ${path}` } };
  }

  #stream(response: http.ServerResponse): void {
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream", "x-marathon-leader": this.url });
    response.flushHeaders();
    if (this.greets)
      response.write(`event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n`);
  }
}

export interface ScriptedMarathonOptions {
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface AppOptions {
  readonly tasks?: readonly Json[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Its service ports. */
  readonly ports?: readonly number[];
  /** Members that replace or add to the app's own. */
  readonly extra?: Json;
}

/** An app on its agents' network, as Marathon since 1.5 tells of it. */
export function app(id: string, { tasks = [], labels = {}, ports = [10_000], extra }: AppOptions = {}): Json {
  return {
    id,
    instances: tasks.length,
    labels,
    env: {},
    networks: [{ mode: "host" }],
    portDefinitions: ports.map((port) => ({ port, protocol: "tcp" })),
    healthChecks: [],
    deployments: [],
    tasks: tasks.map((task, index) => ({ id: `${id.slice(1).replaceAll("/", "_")}.${index}`, appId: id, ...task })),
    ...extra,
  };
}

/** A running task of app(). @param extra members that replace or add to its own */
export function task(host: string, ports: readonly number[], extra: Json = {}): Json {
  const startedAt = "2030-01-01T00:00:00.000Z";
  return { host, ports, state: "TASK_RUNNING", ipAddresses: [{ ipAddress: host }], startedAt, ...extra };
}

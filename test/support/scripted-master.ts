import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Beginning, Subscribers } from "./event-stream.js";
import type { Json } from "./json.js";
import { type Answer, type RecordedRequest, record, send } from "./scripted-answer.js";

/**
 * A Mesos master that does what a test tells it, over real HTTP on a free port of 127.0.0.1, and builders for the
 * states it serves:
 *
 *     const master = await ScriptedMaster.start();
 *     master.lead(cluster({
 *       agents: [agent("S0", { ip: "192.0.2.10" })],
 *       frameworks: [framework("marathon", { tasks: [task("web", { agent: "S0", ports: [31000] })] })],
 *     }));
 */

export interface ScriptedMasterOptions {
  /** For HTTPS: PEM texts. `ca` makes it ask for client certificates. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** The paths that are answered; all others are 404. */
  readonly paths?: readonly string[];
  /** A port to listen on again; a free one unless given. */
  readonly port?: number;
}

const STATE_PATHS = ["/master/state", "/state"];
const API_PATHS: ReadonlySet<string> = new Set(["/master/api/v1", "/api/v1"]);

export class ScriptedMaster {
  /** Every request in the order of arrival, refused ones included. */
  readonly requests: RecordedRequest[] = [];
  /** The names in the certificates that clients have shown. */
  readonly clients = new Set<string>();
  readonly host = "127.0.0.1";
  readonly port: number;
  /** Who listens to its events, and a way to send them some. */
  readonly subscribers = new Subscribers();
  readonly #server: http.Server;
  #events: (Beginning & { readonly state: Json }) | undefined;
  #apiAnswer: Answer = { status: 404 };
  #script: (request: RecordedRequest) => Answer = () => ({ status: 503 });
  #authorization: string | undefined;

  private constructor(server: http.Server, paths: ReadonlySet<string>) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("secureConnection", (socket: TLSSocket) => {
      this.clients.add(String(socket.getPeerCertificate().subject?.CN));
    });
    server.on("request", async (request: http.IncomingMessage, response: http.ServerResponse) => {
      const recorded = await record(request);
      this.requests.push(recorded);
      const answer = this.#answerTo(recorded, paths);
      const isStream = API_PATHS.has(recorded.path) && answer === this.#apiAnswer && this.#events;
      if (isStream) this.subscribers.add(response, isStream.state, isStream);
      else await send(response, answer);
    });
  }

  /** Listens, and answers 503 until it is told something else. */
  static async start({ tls, paths = STATE_PATHS, port = 0 }: ScriptedMasterOptions = {}): Promise<ScriptedMaster> {
    const server = tls
      ? https.createServer({ ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined })
      : http.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    return new ScriptedMaster(server, new Set(paths));
  }

  /** `127.0.0.1:<port>`, as in the configuration's `masters`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Serves `state` as the leading master. */
  lead(state: Json, answer: Answer = {}): void {
    this.answer({ ...answer, state: stateOf(this, state) });
  }

  /** Serves `state` as the leading master, and its events, which begin with the same. */
  leadWithEvents(state: Json, beginning: Beginning = {}): void {
    this.lead(state);
    this.#events = { ...beginning, state };
  }

  /** Answers the operator API with this; it is not there unless a test says so. */
  answerApi(answer: Answer): void {
    this.#events = undefined;
    this.#apiAnswer = answer;
  }

  /** Answers as a master that does not lead: 307 to the one that does, without a scheme. */
  redirectTo(leader: { readonly address: string }): void {
    const to = (path: string): Answer => ({ status: 307, headers: { location: `//${leader.address}${path}` } });
    this.answer(to("/master/state"));
    this.answerApi(to("/master/api/v1"));
  }

  answer(answer: Answer | ((request: RecordedRequest) => Answer)): void {
    this.#script = typeof answer === "function" ? answer : () => answer;
  }

  /** From now on, a request without this Authorization header is answered 401. */
  requireAuthorization(header: string): void {
    this.#authorization = header;
  }

  requireBasic(principal: string, secret: string): void {
    this.requireAuthorization(`Basic ${Buffer.from(`${principal}:${secret}`).toString("base64")}`);
  }

  /** Closes the port and every connection. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answerTo(request: RecordedRequest, paths: ReadonlySet<string>): Answer {
    const isApi = API_PATHS.has(request.path);
    if (!isApi && !paths.has(request.path)) return { status: 404 };
    if (this.#authorization !== undefined && request.headers.authorization !== this.#authorization) {
      return { status: 401 };
    }
    return isApi ? this.#apiAnswer : this.#script(request);
  }
}

/** `state` as `master` would serve it while it leads. */
export function stateOf({ address }: { readonly address: string }, state: Json): Json {
  return { pid: `master@${address}`, leader: `master@${address}`, ...state };
}

/** A state without a leader: what `lead` and `stateOf` take. */
export function cluster({ agents = [], frameworks = [], recovered = [] }: ClusterParts): Json {
  return { version: "1.11.0", slaves: agents, recovered_slaves: recovered, frameworks, completed_frameworks: [] };
}

export interface ClusterParts {
  readonly agents?: readonly Json[];
  readonly frameworks?: readonly Json[];
  /** Agents known from before a failover that have not come back. */
  readonly recovered?: readonly Json[];
}

/** An agent with the id `agents-<name>`, so that its tasks' canonical names end in `-<name>`. */
export function agent(name: string, options: { ip?: string; hostname?: string; port?: number } = {}): Json {
  const { ip = "192.0.2.10", hostname = ip, port = 5051 } = options;
  return {
    id: agentId(name),
    hostname,
    port,
    pid: `slave(1)@${ip.includes(":") ? `[${ip}]` : ip}:${port}`,
    active: true,
  };
}

/** What a new leader knows of an agent that has not re-registered. */
export function recoveredAgent(name: string, options: { hostname?: string; port?: number } = {}): Json {
  return { id: agentId(name), hostname: options.hostname ?? "192.0.2.10", port: options.port ?? 5051 };
}

function agentId(name: string): string {
  return `agents-${name}`;
}

export function framework(
  name: string,
  options: { id?: string; pid?: string; hostname?: string; tasks?: readonly Json[] } = {},
): Json {
  const { id = `frameworks-${name}`, pid, hostname = "192.0.2.20", tasks = [] } = options;
  return { id, name, ...(pid && { pid }), hostname, active: true, tasks, completed_tasks: [], unreachable_tasks: [] };
}

export interface TaskOptions {
  /** As given to agent(). */
  readonly agent: string;
  /** `<name>.<agent>` unless given. */
  readonly id?: string;
  readonly state?: string;
  /** Single ports of `resources.ports`. */
  readonly ports?: readonly number[];
  /** Addresses of the container, as its latest status reports them. */
  readonly ip?: string | readonly string[];
  readonly healthy?: boolean;
  readonly discovery?: { readonly name: string; readonly ports?: readonly Json[] };
  /** Members that replace or add to the task's own. */
  readonly extra?: Json;
}

export function task(name: string, options: TaskOptions): Json {
  const { id = `${name}.${options.agent}`, state = "TASK_RUNNING", ports = [], ip = [], healthy, discovery } = options;
  const addresses = [ip].flat().map((ip_address) => ({ ip_address }));
  return {
    id,
    name,
    slave_id: agentId(options.agent),
    state,
    resources: {
      cpus: 0.1,
      mem: 32,
      ...(ports.length > 0 && { ports: `[${ports.map((port) => `${port}-${port}`).join(", ")}]` }),
    },
    statuses: [
      {
        state,
        timestamp: 1_700_000_000,
        ...(healthy !== undefined && { healthy }),
        ...(addresses.length > 0 && { container_status: { network_infos: [{ ip_addresses: addresses }] } }),
      },
    ],
    ...(discovery && {
      discovery: { visibility: "FRAMEWORK", name: discovery.name, ports: { ports: discovery.ports ?? [] } },
    }),
    ...options.extra,
  };
}

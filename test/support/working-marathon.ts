import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "./json.js";
import type { Answer, RecordedRequest } from "./scripted-answer.js";
import { ScriptedMarathon, task } from "./scripted-marathon.js";

const HOST = "127.0.0.1";
/** How long a task works on a request, and on every so many-th, so that some are always under way. */
const WORK_MS = 20;
const SLOW_MS = 1_500;
const SLOW_EVERY = 8;
const START_MS = 100;

/** What a test posts. */
interface Definition {
  readonly id: string;
  readonly instances: number;
  /** With `BROKEN`, its tasks never pass a health check. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A task: a server that answers with its app's id. */
class Instance {
  readonly id: string;
  readonly #server: Server;
  readonly port: number;
  isWell = false;
  underWay = 0;
  #taken = 0;

  private constructor(id: string, server: Server) {
    this.id = id;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(id: string, { id: app, env }: Definition): Promise<Instance> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const instance = new Instance(id, server);
    server.on("request", (request, response) => {
      if (request.url === "/health") return response.writeHead(env?.BROKEN ? 500 : 200).end();
      instance.underWay++;
      const isSlow = ++instance.#taken % SLOW_EVERY === 0;
      const end = () => {
        instance.underWay--;
        response.end(app);
      };
      return setTimeout(end, isSlow ? SLOW_MS : WORK_MS);
    });
    return instance;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

interface Running {
  definition: Definition;
  scaledAt: number;
  readonly instances: Instance[];
}

/** A Marathon that does what it is told: tasks of the apps that are posted are servers on this machine. */
export class WorkingMarathon {
  readonly scripted: ScriptedMarathon;
  readonly #apps = new Map<string, Running>();
  #count = 0;
  #clock = Date.parse("2030-01-01T00:00:00Z");
  /** Ids of tasks that were killed in the middle of a request. */
  readonly disturbed: string[] = [];

  private constructor(scripted: ScriptedMarathon) {
    this.scripted = scripted;
    scripted.doing = (request) => this.#do(request);
  }

  static async start(): Promise<WorkingMarathon> {
    return new WorkingMarathon(await ScriptedMarathon.start());
  }

  get url(): string {
    return this.scripted.url;
  }

  /** How many tasks each app has. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.#apps, ([id, { instances }]) => [id, instances.length]));
  }

  async stop(): Promise<void> {
    await this.scripted.stop();
    for (const id of [...this.#apps.keys()]) this.#remove(id);
  }

  #do({ method, path, query, body }: RecordedRequest): Answer | undefined {
    if (path === "/v2/tasks/delete" && query === "scale=true") return this.#kill(JSON.parse(body).ids);
    if (method === "POST" && path === "/v2/apps") return this.#create(JSON.parse(body));
    const id = path.startsWith("/v2/apps/") ? path.slice("/v2/apps".length) : "";
    const app = this.#apps.get(id);
    if (!app) return undefined;
    if (method === "DELETE") this.#remove(id);
    if (method === "PUT" && this.#isDeploying(app)) return { status: 409, state: { message: "App is locked" } };
    if (method === "PUT") this.#scale(app, JSON.parse(body).instances);
    return method === "GET" ? { state: { app: this.#told(app) } } : { state: { deploymentId: "1" } };
  }

  #create(definition: Definition): Answer {
    if (this.#apps.has(definition.id)) return { status: 409, state: { message: "it is there already" } };
    const app: Running = { definition, scaledAt: 0, instances: [] };
    this.#apps.set(definition.id, app);
    this.#scale(app, definition.instances);
    return { status: 201, state: this.#told(app) };
  }

  #scale(app: Running, instances: number): void {
    app.definition = { ...app.definition, instances };
    app.scaledAt = this.#clock += 1_000;
    for (let count = app.instances.length; count < instances; count++) void this.#startOne(app);
    this.#tell();
  }

  async #startOne(app: Running): Promise<void> {
    const id = `${app.definition.id.slice(1).replaceAll("/", "_")}.${String(++this.#count).padStart(3, "0")}`;
    const instance = await Instance.start(id, app.definition);
    app.instances.push(instance);
    this.#tell();
    setTimeout(() => {
      instance.isWell = !app.definition.env?.BROKEN;
      this.#tell();
    }, START_MS);
  }

  #kill(ids: readonly string[]): Answer {
    for (const app of this.#apps.values()) {
      const going = app.instances.filter(({ id }) => ids.includes(id));
      for (const instance of going) this.#end(app, instance);
      if (going.length > 0) this.#scale(app, app.definition.instances - going.length);
    }
    return { state: { deploymentId: "1" } };
  }

  #remove(id: string): void {
    const app = this.#apps.get(id);
    this.#apps.delete(id);
    for (const instance of [...(app?.instances ?? [])]) if (app) this.#end(app, instance);
    this.#tell();
  }

  #end(app: Running, instance: Instance): void {
    if (instance.underWay > 0) this.disturbed.push(instance.id);
    app.instances.splice(app.instances.indexOf(instance), 1);
    instance.stop();
  }

  #isDeploying({ definition, instances }: Running): boolean {
    return instances.length < definition.instances || instances.some(({ isWell }) => !isWell);
  }

  #told(app: Running): Json {
    return {
      ...app.definition,
      networks: [{ mode: "host" }],
      versionInfo: { lastScalingAt: new Date(app.scaledAt).toISOString() },
      deployments: this.#isDeploying(app) ? [{ id: "1" }] : [],
      tasks: app.instances.map(({ id, port, isWell }) =>
        task(HOST, [port], { id, appId: app.definition.id, healthCheckResults: [{ alive: isWell }] }),
      ),
    };
  }

  #tell(): void {
    this.scripted.apps = Array.from(this.#apps.values(), (app) => this.#told(app));
    this.scripted.emit("status_update_event");
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../src/base/run-command.js";
import { askAt } from "../../src/haproxy/socket.js";
import type { LbStatus } from "../../src/lb/report.js";
import { freePort, PROGRAM } from "./server.js";
import { until } from "./wait.js";

interface LbKeys extends Readonly<Record<string, unknown>> {
  readonly haproxy?: object;
}

/** `mesos-dns lb run` with a HAProxy of its own, on free ports of this machine. */
export class LbRun {
  readonly folder = mkdtempSync(join(tmpdir(), "mesos-dns-lb-"));
  readonly configFile = join(this.folder, "config.json");
  readonly ports: { readonly http: number; readonly appId: number; readonly stats: number; readonly listen: number };
  log = "";
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(0);

  private constructor(ports: LbRun["ports"]) {
    this.ports = ports;
  }

  /** @param lb keys of `lb` beside the ports. @param more other keys */
  static async start(urls: readonly string[], lb: LbKeys = {}, more: object = {}): Promise<LbRun> {
    const [http, appId, stats, listen] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const run = new LbRun({ http, appId, stats, listen });
    const at = (port: number) => `127.0.0.1:${port}`;
    const keys = {
      enabled: true,
      listen: at(listen),
      marathons: [{ name: "main", urls }],
      groups: ["external"],
      refreshSeconds: 5,
      vhosts: { http: at(http), https: false, appId: at(appId), stats: at(stats) },
      reload: { coalesceMs: 50, minIntervalSeconds: 0 },
      ...lb,
      haproxy: { runDir: run.folder, ...lb.haproxy },
    };
    writeFileSync(run.configFile, JSON.stringify({ ...more, lb: keys }));
    try {
      await run.again();
    } catch (error) {
      // Its HAProxy would go on, and keep its ports.
      await run.end();
      throw error;
    }
    return run;
  }

  /** Starts the program, which is not running. */
  async again(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, "lb", "run", "--config", this.configFile], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      this.log += text;
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    await until("the load balancer", async () => {
      if (child.exitCode !== null) throw new Error(`it has ended: ${this.log}`);
      return this.status().then(
        () => true,
        () => false,
      );
    });
  }

  async status(): Promise<LbStatus> {
    return (await fetch(`http://127.0.0.1:${this.ports.listen}/v1/lb`)).json() as Promise<LbStatus>;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.ports.listen}/metrics`)).text();
    const values = text.split("\n").flatMap((line) => (line.startsWith(name) ? Number(line.split(" ").at(-1)) : []));
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** How often HAProxy has read a configuration again. */
  reloads(): Promise<number> {
    return this.metric("mesos_dns_lb_reloads_total");
  }

  /** Waits until HAProxy has so many servers for a backend that are up. */
  carries(backend: string, up: number): Promise<unknown> {
    return until(`${backend} with ${up}`, async () => {
      const { services, isSettled } = await this.status();
      const service = services.find((one) => one.backend === backend);
      const count = service?.servers.filter(({ state }) => state === "up").length;
      return (isSettled && count === up) || Promise.reject(new Error(JSON.stringify(await this.status())));
    });
  }

  async ask(command: string): Promise<string> {
    const [answer = ""] = await askAt(join(this.folder, "haproxy.sock"))([command]);
    return answer;
  }

  /** The process id of HAProxy's master. */
  get master(): number {
    return Number(readFileSync(join(this.folder, "haproxy.pid"), "utf8").trim());
  }

  get haproxyConfig(): string {
    return readFileSync(join(this.folder, "haproxy.cfg"), "utf8");
  }

  /** Another command of the same configuration. */
  command(...words: readonly string[]) {
    return runCommand(process.execPath, [PROGRAM, "lb", ...words, "--config", this.configFile]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child?.kill(signal);
    return this.#exited;
  }

  /** Ends it and its HAProxy, and removes its folder. */
  async end(): Promise<void> {
    await this.stop();
    // One that somebody else starts has no such file.
    if (existsSync(join(this.folder, "haproxy.pid"))) process.kill(this.master, "SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server over HTTP that answers with its name. */
export class NamedServer {
  readonly name: string;
  readonly port: number;
  readonly #server: Server;
  requests = 0;

  private constructor(name: string, server: Server) {
    this.name = name;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("request", (request, response) => {
      this.requests++;
      response.end(request.url === "/health" ? "ok" : name);
    });
  }

  static async start(name: string): Promise<NamedServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new NamedServer(name, server);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** What a server over HTTP answers: its body, or its status if that is not 200. */
export function answerAt(port: number, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("end", () => resolve(response.statusCode === 200 ? body : String(response.statusCode)));
    })
      .on("error", reject)
      .end();
  });
}

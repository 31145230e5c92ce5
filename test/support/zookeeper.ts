import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACL, type Acl, type Client, CreateMode, createClient, type ZooKeeperException } from "node-zookeeper-client";
import { freePort } from "./server.js";
import { start } from "./tools.js";
import { until } from "./wait.js";

/**
 * A real ZooKeeper server as a process of its own, on free ports of 127.0.0.1, and what masters write to it:
 *
 *     const zookeeper = await ZooKeeper.start();
 *     const registry = await zookeeper.client();
 *     await registry.mkdir("/mesos");
 *     const node = await registry.register("/mesos", master);
 */

const CLASSES = "/usr/share/java/zookeeper.jar";
/** A small heap, and no time spent on compiling what runs for seconds. */
const JAVA = ["-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", CLASSES];
const MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
const TICK_MS = 500;
const SESSION_MS = 10_000;
const START_MS = 20_000;
/** Somebody else may take a port between the moment it was found free and the server's start. */
const TRIES = 2;
/** A server that is starting may take a question and never answer it. */
const DESCRIBE_MS = 1_000;

interface Ports {
  readonly client: number;
  /** For the members of an ensemble among themselves. */
  readonly peer: number;
  readonly election: number;
}

export class ZooKeeper {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "mesos-dns-zookeeper-"));
  readonly #clients: Client[] = [];
  #child: ChildProcess | undefined;

  private constructor(port: number, settings: readonly string[], id = 1) {
    this.port = port;
    mkdirSync(join(this.#folder, "data"));
    writeFileSync(join(this.#folder, "data", "myid"), String(id));
    const own = [`tickTime=${TICK_MS}`, "initLimit=20", "syncLimit=4", `dataDir=${this.#folder}/data`];
    const access = [`clientPort=${port}`, "clientPortAddress=127.0.0.1", "admin.enableServer=false"];
    const lines = [...own, ...access, "4lw.commands.whitelist=srvr", ...settings];
    writeFileSync(this.#config, `${lines.join("\n")}\n`);
  }

  /** A server alone. @param settings lines for its zoo.cfg */
  static async start(settings: readonly string[] = []): Promise<ZooKeeper> {
    const [server] = await startAll(async () => [new ZooKeeper(await freePort(), settings)]);
    return server as ZooKeeper;
  }

  /** Three servers that are one ensemble. */
  static ensemble(): Promise<readonly ZooKeeper[]> {
    return startAll(async () => {
      const free = new Set<number>();
      while (free.size < 9) free.add(await freePort());
      const [...numbers] = free;
      const ports = [0, 3, 6].map((first): Ports => {
        const [client, peer, election] = numbers.slice(first, first + 3) as [number, number, number];
        return { client, peer, election };
      });
      const peers = ports.map(({ peer, election }, index) => `server.${index + 1}=127.0.0.1:${peer}:${election}`);
      return ports.map(({ client }, index) => new ZooKeeper(client, peers, index + 1));
    });
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again with what it had. */
  async up(): Promise<void> {
    const { child, lost } = start("java", [...JAVA, MAIN, this.#config]);
    this.#child = child;
    await Promise.race([
      lost,
      until("ZooKeeper's start", async () => (await this.#describe()).includes("Mode: "), START_MS),
    ]);
  }

  /** Ends it at once; its data stays. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Makes it silent: the system still accepts connections for it. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** A session of its own, which lasts until `leave` or `stop`. */
  async client(credentials?: string): Promise<Registry> {
    const client = createClient(this.address, { sessionTimeout: SESSION_MS });
    if (credentials) client.addAuthInfo("digest", Buffer.from(credentials));
    this.#clients.push(client);
    await new Promise<void>((resolve) => {
      client.once("connected", resolve);
      client.connect();
    });
    return new Registry(client);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) end(client);
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #config(): string {
    return join(this.#folder, "zoo.cfg");
  }

  /** How many clients are connected, this question included. */
  async connections(): Promise<number> {
    return Number(/^Connections: (\d+)$/m.exec(await this.#describe())?.[1]);
  }

  /** What it says of itself; that names its role once it serves clients. */
  #describe(): Promise<string> {
    return new Promise((resolve) => {
      let text = "";
      const socket = connect(this.port, "127.0.0.1", () => socket.write("srvr"));
      socket.setTimeout(DESCRIBE_MS, () => socket.destroy());
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      socket.once("error", () => undefined).once("close", () => resolve(text));
    });
  }
}

/** Writes nodes as masters do. */
export class Registry {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async mkdir(path: string, { isPrivate = false } = {}): Promise<void> {
    await this.#create(path, "", isPrivate ? ACL.CREATOR_ALL_ACL : ACL.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
  }

  /** A master's node as Mesos 1.x writes it; resolves to its path. */
  register(
    path: string,
    master: { readonly host: string; readonly port: number },
    { stays = false } = {},
  ): Promise<string> {
    const { host: ip, port } = master;
    const info = { address: { hostname: "master.example.com", ip, port }, hostname: "master.example.com", port };
    return this.write(path, JSON.stringify({ ...info, id: "m", pid: `master@${ip}:${port}`, version: "1.11.0" }), {
      stays,
    });
  }

  /** A master's node that holds whatever it is given; resolves to its path. @param stays it outlives the session */
  write(path: string, text: string, { prefix = "json.info_", stays = false } = {}): Promise<string> {
    const mode = stays ? CreateMode.PERSISTENT_SEQUENTIAL : CreateMode.EPHEMERAL_SEQUENTIAL;
    return this.#create(`${path}/${prefix}`, text, ACL.OPEN_ACL_UNSAFE, mode);
  }

  /** A node's data. */
  read(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#client.getData(path, (error, data) => (error ? reject(error) : resolve(String(data))));
    });
  }

  remove(path: string): Promise<void> {
    return new Promise((resolve, reject) => this.#client.remove(path, (error) => (error ? reject(error) : resolve())));
  }

  /** Ends the session: all that it registered goes. */
  leave(): void {
    end(this.#client);
  }

  #create(path: string, text: string, acls: readonly Acl[], mode: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (error: ZooKeeperException | null, created: string) => (error ? reject(error) : resolve(created));
      this.#client.create(path, Buffer.from(text), acls, mode, done);
    });
  }
}

/** The client waits for the server's goodbye, which one that is gone does not say. */
function end(client: Client): void {
  const { socket } = client.connectionManager;
  client.close();
  if (socket?.writable) socket.destroySoon();
  else socket?.destroy();
}

/** Starts servers, and others if one cannot: a port that was free may be so no longer. */
async function startAll(make: () => Promise<readonly ZooKeeper[]>): Promise<readonly ZooKeeper[]> {
  for (let tries = 1; ; tries++) {
    const servers = await make();
    try {
      await Promise.all(servers.map((server) => server.up()));
      return servers;
    } catch (error) {
      await Promise.all(servers.map((server) => server.stop()));
      if (tries === TRIES) throw error;
    }
  }
}

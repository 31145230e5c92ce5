import { bindsIn } from "../../src/haproxy/binds.js";
import type { HaproxyHost } from "../../src/lb/haproxy/host.js";

interface Server {
  id: number;
  address: string;
  isDraining: boolean;
  isInMaintenance: boolean;
  isUp: boolean;
  sessions: number;
}

const FRESH: Server = { id: 0, address: "", isDraining: false, isInMaintenance: false, isUp: true, sessions: 0 };

function idIn(text: string): number {
  return Number(/ id (\d+)/u.exec(text)?.[1] ?? 0);
}

/** A HAProxy in memory that takes commands and configurations as a real one does, as far as the load balancer uses it. */
export class MemoryHaproxy implements HaproxyHost {
  readonly socketPath = "/run/lb.sock";
  /** By name, of each its servers. */
  readonly backends = new Map<string, Map<string, Server>>();
  readonly maps = new Map<string, Map<string, string>>();
  readonly commands: string[] = [];
  readonly files = new Map<string, string>();
  /** Whether nothing can be written beside its configuration. */
  isFull = false;
  pid = 0;
  reloads = 0;
  /** Why it refuses a configuration. */
  refuses: (config: string) => string | undefined = () => undefined;
  /** What fails next: installing, reloading or taking the new configuration. */
  failing: "install" | "reload" | "silence" | "end" | undefined;
  /** Ports at which it cannot listen. */
  readonly taken = new Set<number>();
  /** How often it was started, and could not. */
  failedStarts = 0;
  /** Names of frontends that are closed, and how: `PAUSED` or `STOP`. */
  readonly closed = new Map<string, string>();
  #installed = "";
  /** What it has read. */
  #running = "";

  installed = async () => this.#installed;
  faults = async (config: string) => this.refuses(config);

  install = async (config: string) => {
    if (this.failing === "install" || this.isFull) throw new Error("no space left on device");
    this.#installed = config;
  };

  start = async () => {
    for (const { host, port } of bindsIn(this.#installed).values()) {
      if (!this.taken.has(port)) continue;
      this.failedStarts++;
      throw new Error(`cannot bind socket [${host}:${port}]`);
    }
    this.#read();
  };

  reload = async () => {
    if (this.failing === "reload") throw new Error("the unit has failed");
    this.reloads++;
    if (this.failing === "end") this.kill();
    else if (this.failing !== "silence") this.#read();
  };

  writeFile = async (name: string, text: string) => {
    if (this.isFull) throw new Error("no space left on device");
    this.files.set(name, text);
  };

  ask = async (commands: readonly string[]) => {
    if (this.pid === 0) throw Object.assign(new Error("nobody listens"), { code: "ENOENT" });
    return commands.map((command) => {
      if (!command.startsWith("show")) this.commands.push(command);
      return this.#answer(command);
    });
  };

  /** It is gone, with all that it knew. */
  kill(): void {
    this.pid = 0;
    this.backends.clear();
  }

  /** The names of servers of a backend that take requests. */
  serving(backend: string): readonly string[] {
    return Array.from(this.backends.get(backend) ?? []).flatMap(([name, { isInMaintenance }]) =>
      isInMaintenance ? [] : [name],
    );
  }

  #read(): void {
    this.pid++;
    this.#running = this.#installed;
    this.closed.clear();
    this.backends.clear();
    this.maps.clear();
    for (const [name, text] of this.files) {
      const lines = text
        .trim()
        .split("\n")
        .filter((line) => line !== "");
      if (name.endsWith(".map"))
        this.maps.set(`/run/${name}`, new Map(lines.map((line) => line.split(" ") as [string, string])));
    }
    let servers: Map<string, Server> | undefined;
    for (const line of this.#installed.split("\n")) {
      const [word, name = "", address = ""] = line.trim().split(" ");
      if (word === "backend") {
        servers = new Map();
        this.backends.set(name, servers);
      }
      if (word === "server")
        servers?.set(name, { ...FRESH, id: idIn(line), address, isInMaintenance: line.endsWith(" disabled") });
    }
  }

  #answer(command: string): string {
    const [word = "", what = "", at = "", ...rest] = command.split(" ");
    if (command.startsWith("show")) return this.#show(command, at);
    const [backend = "", name = ""] = (what === "map" ? "" : at).split("/");
    const servers = this.backends.get(backend);
    const server = servers?.get(name);
    if (what === "map") {
      const [key = "", value = ""] = rest;
      if (word === "del") this.maps.get(at)?.delete(key);
      else this.maps.get(at)?.set(key, value);
      return "";
    }
    if (word === "add") {
      if (!servers || server) return "Already exists a server with the same name in backend.";
      const id = idIn(command);
      if ([...servers.values()].some((one) => one.id === id)) return `'id' : custom id ${id} already used.`;
      servers.set(name, { ...FRESH, id, address: rest[0] ?? "", isInMaintenance: true });
      return "New server registered.";
    }
    if (word === "enable" && what === "frontend") {
      this.closed.delete(at);
      return "";
    }
    if (what === "dynamic-cookie-key" || word === "shutdown") return "";
    if (!server) return "No such server.";
    if (word === "del") {
      if (server.sessions > 0) return "Server still has connections attached to it, cannot remove it.";
      servers?.delete(name);
      return "Server deleted.";
    }
    if (word === "enable") server.isInMaintenance = false;
    if (word === "set" && rest[0] === "state") {
      server.isInMaintenance = rest[1] === "maint";
      server.isDraining = rest[1] === "drain";
    }
    if (word === "set" && rest[0] === "addr") {
      const before = server.address;
      server.address = `${rest[1]}:${rest[3]}`;
      return `IP changed from '${before}' to '${server.address}' by 'stats socket command'`;
    }
    return "";
  }

  #show(command: string, at: string): string {
    if (command === "show info") {
      const [, description = ""] = /^ {2}description (.*)$/mu.exec(this.#running) ?? [];
      return `Name: HAProxy\nVersion: 2.6.12\nPid: ${this.pid}\nUptime_sec: 1\ndescription: ${description}\n`;
    }
    if (command.startsWith("show map")) {
      return Array.from(this.maps.get(at) ?? [], ([key, value]) => `0x1f ${key} ${value}`).join("\n");
    }
    if (command === "show servers state") return "1\n# be_id be_name";
    const rows = [...this.backends].flatMap(([backend, servers]) =>
      Array.from(servers, ([name, { id, address, isInMaintenance, isDraining, isUp, sessions }]) => {
        const health = isUp ? "UP" : "DOWN";
        const status = isInMaintenance ? "MAINT" : isDraining ? "DRAIN" : health;
        return `${backend},${name},${sessions},${status},${address},,${id},`;
      }),
    );
    // The second number says of what: frontends are 1, backends are 2, servers are 4.
    const asksForBackends = (Number(command.split(" ")[3]) & 2) !== 0;
    const heads = [...(asksForBackends ? this.backends.keys() : [])].map((backend) => `${backend},BACKEND,0,UP,,,,`);
    const closed = Array.from(this.closed, ([name, status]) => `${name},FRONTEND,0,${status},,,,`);
    return ["# pxname,svname,scur,status,addr,cookie,sid,", ...closed, ...heads, ...rows].join("\n");
  }
}

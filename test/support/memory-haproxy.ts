import type { HaproxyHost } from "../../src/lb/haproxy/host.js";

interface Server {
  isInMaintenance: boolean;
  isUp: boolean;
  sessions: number;
}

/** A HAProxy in memory that takes commands and configurations as a real one does, as far as the load balancer uses it. */
export class MemoryHaproxy implements HaproxyHost {
  readonly socketPath = "/run/lb.sock";
  /** By name, of each its servers. */
  readonly backends = new Map<string, Map<string, Server>>();
  readonly maps = new Map<string, Map<string, string>>();
  readonly commands: string[] = [];
  readonly files = new Map<string, string>();
  pid = 0;
  reloads = 0;
  /** Why it refuses a configuration. */
  refuses: (config: string) => string | undefined = () => undefined;
  /** What fails next: installing, reloading or taking the new configuration. */
  failing: "install" | "reload" | "silence" | undefined;
  #installed = "";

  installed = async () => this.#installed;
  faults = async (config: string) => this.refuses(config);

  install = async (config: string) => {
    if (this.failing === "install") throw new Error("no space left on device");
    this.#installed = config;
  };

  start = async () => this.#read();

  reload = async () => {
    if (this.failing === "reload") throw new Error("the unit has failed");
    this.reloads++;
    if (this.failing !== "silence") this.#read();
  };

  writeFile = async (name: string, text: string) => {
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
      const [word, name = ""] = line.trim().split(" ");
      if (word === "backend") {
        servers = new Map();
        this.backends.set(name, servers);
      }
      if (word === "server")
        servers?.set(name, { isInMaintenance: line.endsWith(" disabled"), isUp: true, sessions: 0 });
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
      servers.set(name, { isInMaintenance: true, isUp: true, sessions: 0 });
      return "New server registered.";
    }
    if (what === "dynamic-cookie-key" || word === "shutdown") return "";
    if (!server) return "No such server.";
    if (word === "del") {
      if (server.sessions > 0) return "Server still has connections attached to it, cannot remove it.";
      servers?.delete(name);
      return "Server deleted.";
    }
    if (word === "enable") server.isInMaintenance = false;
    if (word === "set") server.isInMaintenance = rest[1] === "maint";
    return "";
  }

  #show(command: string, at: string): string {
    if (command === "show info") return `Name: HAProxy\nVersion: 2.6.12\nPid: ${this.pid}\nUptime_sec: 1\n`;
    if (command.startsWith("show map")) {
      return Array.from(this.maps.get(at) ?? [], ([key, value]) => `0x1f ${key} ${value}`).join("\n");
    }
    if (command === "show servers state") return "1\n# be_id be_name";
    const rows = [...this.backends].flatMap(([backend, servers]) =>
      Array.from(servers, ([name, { isInMaintenance, isUp, sessions }]) => {
        const status = isInMaintenance ? "MAINT" : isUp ? "UP" : "DOWN";
        return `${backend},${name},${sessions},${status},192.0.2.1:1,`;
      }),
    );
    return ["# pxname,svname,scur,status,addr,cookie,", ...rows].join("\n");
  }
}

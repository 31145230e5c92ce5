import type { JsonObject } from "../../base/lenient.js";
import type { Discovery, PortRange, ReportedAddresses, Task } from "./cluster.js";
import { Interner } from "./facts/interner.js";
import { list, object, port, text } from "./saved-values.js";

/** Reads saved tasks, which may stay in memory for long: keeps what many of them share only once. */
export class SavedTasks {
  readonly #interner = new Interner();
  readonly #ports = new Map<string, readonly PortRange[]>();

  /** Throws an Error for what is no saved task. */
  task(value: unknown): Task {
    const saved = object(value);
    const id = text(saved.id);
    const name = this.#text(saved.name);
    const agentId = this.#text(saved.agentId);
    const ports = this.#portsOf(saved.ports);
    const addresses = addressesIn(object(saved.addresses));
    // As TaskReader makes them: an object built by spreading takes more memory.
    const task: { -readonly [Key in keyof Task]: Task[Key] } =
      saved.discovery === undefined
        ? { id, name, agentId, ports, addresses }
        : { id, name, agentId, discovery: this.#discovery(saved.discovery), ports, addresses };
    if (saved.unhealthy === true) task.unhealthy = true;
    if (saved.mapsPorts === true) task.mapsPorts = true;
    if (saved.networkMapsPorts === true) task.networkMapsPorts = true;
    return task;
  }

  #text(value: unknown): string {
    return this.#interner.text(text(value));
  }

  #portsOf(value: unknown): readonly PortRange[] {
    const written = JSON.stringify(value);
    const known = this.#ports.get(written);
    if (known) return known;
    const ports = list(value, (range): PortRange => {
      const [first, last] = list(range, port);
      return [port(first), port(last)];
    });
    this.#ports.set(written, ports);
    return ports;
  }

  #discovery(value: unknown): Discovery {
    const { name, ports } = object(value);
    return {
      name: this.#text(name),
      ports: list(ports, (each) => {
        const { number, name, protocol } = object(each);
        return { number: port(number), name: this.#text(name), protocol: this.#text(protocol) };
      }),
    };
  }
}

function addressesIn({ netinfo, mesos, docker }: JsonObject): ReportedAddresses {
  return {
    ...(netinfo !== undefined && { netinfo: list(netinfo, text) }),
    ...(mesos !== undefined && { mesos: list(mesos, text) }),
    ...(docker !== undefined && { docker: list(docker, text) }),
  };
}

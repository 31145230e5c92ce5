import { readFileSync } from "node:fs";
import * as files from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { systemTimers, type Timers } from "../../src/base/timers.js";
import { askAt } from "../../src/haproxy/socket.js";
import { workerIn } from "../../src/haproxy/table.js";
import type { HaproxyParts } from "../../src/vip-node/haproxy/plane.js";
import { HaproxyPlane } from "../../src/vip-node/haproxy/plane.js";
import type { Service, Target } from "../../src/vip-node/model.js";
import { serviceKey } from "../../src/vip-node/model.js";
import type { Step } from "../../src/vip-node/plan.js";
import { LocalRoutes } from "../../src/vip-node/routes.js";
import { freePort } from "./server.js";
import { until } from "./wait.js";

export interface Plane {
  readonly plane: HaproxyPlane;
  readonly runDir: string;
  readonly warnings: readonly string[];
  /** Another object over the same HAProxy, as after a restart of the program. */
  again(): HaproxyPlane;
}

/** Loopback addresses, which a program may have without asking anybody. */
const RANGES = { ip: { first: "127.11.0.0", last: "127.11.255.254" }, ip6: { first: "::1", last: "::2" } };

/** What takes HAProxy no time to wait for passes three times as fast. */
const QUICK = 3;
const quickTimers: Timers = {
  now: () => systemTimers.now() * QUICK,
  after: (ms, callback) => systemTimers.after(ms / QUICK, callback),
};

/** A started plane of its own. Its HAProxy ends with the test. */
export async function startPlane(change: Partial<HaproxyParts> = {}): Promise<Plane> {
  const runDir = await files.mkdtemp(join(tmpdir(), "mesos-dns-haproxy-"));
  const warnings: string[] = [];
  const log = { warn: (_: unknown, text: string) => void warnings.push(text) } as unknown as HaproxyParts["log"];
  const again = () =>
    new HaproxyPlane({
      settings: { runDir, maxConnections: 2_000, drainSeconds: 0 },
      run: runCommand,
      files,
      kill: (pid, signal) => void process.kill(pid, signal),
      timers: quickTimers,
      log,
      ranges: RANGES,
      routes: new LocalRoutes({ run: runCommand, timers: systemTimers, ranges: RANGES }),
      ...change,
    });
  const plane = again();
  onTestFinished(async () => {
    // What it still has to reload for would start HAProxy again.
    await plane.stop();
    await again().clear();
    await files.rm(runDir, { recursive: true, force: true });
  });
  await plane.start();
  return { plane, runDir, warnings, again };
}

/** The process id of the worker that takes connections. */
export async function workerOf({ runDir }: Plane): Promise<number | undefined> {
  const [info = ""] = await askAt(`${runDir}/vips.sock`)(["show info"]);
  return workerIn(info);
}

/** The process id of its master. */
export function masterOf({ runDir }: Plane): number {
  return Number(readFileSync(join(runDir, "vips.pid"), "utf8"));
}

/** Has the plane carry a service, and waits until it does. */
export async function add(plane: HaproxyPlane, ...services: readonly Service[]): Promise<void> {
  await must(plane, ...services.map((service) => ({ kind: "add-service" as const, service })));
  await until("the services", async () => {
    const carried = new Set((await plane.read()).map(serviceKey));
    return services.every((service) => carried.has(serviceKey(service)));
  });
}

/** A server that says its name, and then says everything back. */
export async function startTarget(name: string, ip: string): Promise<Target & { stop(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, ip, resolve));
  const { port } = server.address() as { port: number };
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(stop);
  return { ip, port, weight: 1, stop };
}

/** A client's connection. */
export class Held {
  readonly #socket: Socket;
  #lines: string[] = [];
  #rest = "";
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  /** @returns rejects as the system refuses it */
  static open({ address, port }: Pick<Service, "address" | "port">): Promise<Held> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Held(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const end = (error: Error) => {
      this.#error ??= error;
      this.#wake();
    };
    socket.on("error", end);
    socket.on("close", () => end(new Error("closed")));
    socket.setEncoding("utf8").on("data", (text: string) => {
      const [rest = "", ...lines] = (this.#rest + text).split("\n").reverse();
      this.#rest = rest;
      this.#lines.push(...lines.reverse());
      this.#wake();
    });
  }

  /** The next line; rejects if the connection has ended. The first one is the name of its server. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#error) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a line, and rejects unless the same comes back. */
  async exchange(text: string): Promise<void> {
    this.#socket.write(`${text}\n`);
    const line = await this.line();
    if (line !== text) throw new Error(`${line} instead of ${text}`);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Who answers one connection. */
export async function ask(service: Pick<Service, "address" | "port">): Promise<string> {
  const held = await Held.open(service);
  try {
    return await held.line();
  } finally {
    held.close();
  }
}

/** Services and targets at addresses that nobody else has. @param net a number for each file of tests */
export function addressesIn(net: number) {
  let last = 0;
  const serviceOf = async (...targets: readonly Target[]): Promise<Service> => {
    const plain = targets.map(({ ip, port, weight }) => ({ ip, port, weight }));
    return { name: "web", protocol: "tcp", address: `127.11.${net}.${++last}`, port: await freePort(), targets: plain };
  };
  const targetNamed = (name: string) => startTarget(name, `127.0.${net}.${++last}`);
  return { serviceOf, targetNamed };
}

/** Takes steps of which each has to work. */
export async function must(plane: HaproxyPlane, ...steps: readonly Step[]): Promise<void> {
  const failures = await plane.apply(steps);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
}

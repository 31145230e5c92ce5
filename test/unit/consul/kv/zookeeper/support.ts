import { ZooKeeperStore, type ZooKeeperStoreOptions } from "../../../../../src/consul/kv/zookeeper/store.js";
import {
  type CommitOutcome,
  type ConnectOptions,
  type ConnectWriting,
  type Guard,
  type WatchedNode,
  type WritableConnection,
  ZooKeeperError,
  type ZooKeeperStep,
} from "../../../../../src/sources/mesos/zookeeper/contract.js";
import { ManualTimers } from "../../../../support/timers.js";
import { LIMITS, Lines } from "../support.js";

/**
 * What becomes of a transaction: `answered`, or the connection is lost before its answer, and it has been done, has not, or is done when the
 * test says so.
 */
export type Fate = "answered" | "done" | "undone" | "later";

/** An ensemble in memory. */
export class FakeEnsemble {
  readonly nodes = new Map<string, { data: Buffer; version: number }>();
  /** What becomes of the next transaction that sets the head. */
  fate: () => Fate = () => "answered";
  isAway = false;
  /** Whether everything is refused for want of rights. */
  isForbidden = false;
  /** Called before each transaction is looked at. */
  onCommit: () => void = () => {};
  /** How many nodes' data have been read, the head's not counted. */
  reads = 0;
  commits = 0;
  readonly #late: (() => void)[] = [];
  readonly #open = new Set<FakeConnection>();

  readonly connect: ConnectWriting = (options) => {
    const connection = new FakeConnection(this, options, () => this.#open.delete(connection));
    this.#open.add(connection);
    return connection;
  };

  /** Ends all connections. */
  drop(): void {
    for (const connection of [...this.#open]) connection.end("it closed the connection");
  }

  /** Does what was to be done later. */
  doLate(): void {
    for (const work of this.#late.splice(0)) work();
  }

  later(work: () => void): void {
    this.#late.push(work);
  }

  commit(guard: Guard | undefined, steps: readonly ZooKeeperStep[]): CommitOutcome {
    if (guard && this.nodes.get(guard.path)?.version !== guard.version) return "outdated";
    const there = new Set(this.nodes.keys());
    for (const { kind, path } of steps) {
      if (there.has(path) === (kind === "create")) return "mismatch";
      if (kind === "create") there.add(path);
      if (kind === "remove") there.delete(path);
    }
    if (guard?.data) this.set(guard.path, guard.data);
    for (const step of steps) {
      if (step.kind === "remove") this.nodes.delete(step.path);
      else this.set(step.path, step.data);
    }
    return "done";
  }

  set(path: string, data: Buffer): void {
    const before = this.nodes.get(path);
    this.nodes.set(path, { data, version: before ? before.version + 1 : 0 });
    for (const connection of this.#open) connection.changed(path);
  }
}

class FakeConnection implements WritableConnection {
  readonly #ensemble: FakeEnsemble;
  readonly #options: ConnectOptions;
  readonly #onEnd: () => void;
  readonly #watches = new Set<string>();
  #end: ZooKeeperError | undefined;

  constructor(ensemble: FakeEnsemble, options: ConnectOptions, onEnd: () => void) {
    this.#ensemble = ensemble;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  open(): Promise<void> {
    return this.#ask(() => {}, true);
  }

  names(path: string): Promise<readonly string[]> {
    return this.#ask(({ nodes }) =>
      [...nodes.keys()].flatMap((each) => {
        const rest = each.startsWith(`${path}/`) ? each.slice(path.length + 1) : "/";
        return rest.includes("/") ? [] : [rest];
      }),
    );
  }

  data(path: string): Promise<Uint8Array> {
    return this.#ask((ensemble) => {
      ensemble.reads++;
      const node = ensemble.nodes.get(path);
      if (!node) throw new ZooKeeperError("no-node", "NO_NODE");
      return node.data;
    });
  }

  watched(path: string): Promise<WatchedNode | undefined> {
    return this.#ask(({ nodes }) => {
      this.#watches.add(path);
      const node = nodes.get(path);
      return node && { ...node };
    });
  }

  ensure(path: string): Promise<void> {
    return this.#ask((ensemble) => {
      if (!ensemble.nodes.has(path)) ensemble.set(path, Buffer.alloc(0));
    });
  }

  set(path: string, data: Buffer): Promise<boolean> {
    return this.#ask((ensemble) => {
      const isThere = ensemble.nodes.has(path);
      if (isThere) ensemble.set(path, data);
      return isThere;
    });
  }

  version(path: string): Promise<number | undefined> {
    return this.#ask(({ nodes }) => nodes.get(path)?.version);
  }

  commit(guard: Guard | undefined, steps: readonly ZooKeeperStep[]): Promise<CommitOutcome> {
    return this.#ask((ensemble) => {
      ensemble.commits++;
      ensemble.onCommit();
      const fate = guard?.data ? ensemble.fate() : "answered";
      const work = () => ensemble.commit(guard, steps);
      if (fate === "answered") return work();
      if (fate === "done") work();
      if (fate === "later") ensemble.later(work);
      this.end("it closed the connection");
      throw this.#end;
    });
  }

  close(): void {
    this.end("it was closed");
  }

  end(reason: string): void {
    if (this.#end) return;
    this.#end = new ZooKeeperError("ended", reason);
    this.#onEnd();
    this.#options.onEvent();
  }

  changed(path: string): void {
    if (this.#watches.delete(path)) this.#options.onEvent();
  }

  async #ask<T>(answer: (ensemble: FakeEnsemble) => T, mayAll = false): Promise<T> {
    await Promise.resolve();
    if (this.#ensemble.isAway) this.end("the connection was refused");
    if (this.#end) throw this.#end;
    if (this.#ensemble.isForbidden && !mayAll) throw new ZooKeeperError("no-auth", "NO_AUTH");
    return answer(this.#ensemble);
  }
}

let ids = 0;

/** A server's store in an ensemble, that has read what is there, if it can be read. */
export async function sharing(ensemble: FakeEnsemble, more: Partial<ZooKeeperStoreOptions> = {}) {
  const lines = new Lines();
  const timers = new ManualTimers();
  const clock = { now: 1_700_000_000_000 };
  const store = new ZooKeeperStore({
    url: { servers: [{ host: "192.0.2.1", port: 2181 }], credentials: undefined, path: "/mesos" },
    connect: ensemble.connect,
    timers,
    random: () => 0.5,
    newId: () => `id-${++ids}`,
    wallClock: () => clock.now,
    limits: LIMITS,
    log: lines as never,
    ...more,
  });
  store.start();
  if (!ensemble.isAway && !ensemble.isForbidden) await passing(timers, store.ready);
  return { store, timers, clock, lines: lines.lines };
}

/** Settles like `work`, for which time passes. */
export async function passing<T>(timers: ManualTimers, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) await timers.advance(5);
  return work;
}

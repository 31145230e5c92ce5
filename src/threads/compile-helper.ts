import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { CompiledShard, CompileHelper, WholeBuild } from "../zone/whole-build.js";

/** A compiler's thread, as the builder uses it: the builder is busy all the time, so it takes messages when it wants them. */
export interface CompilerThread {
  post(build: WholeBuild): void;
  /** The next shard that has come; `undefined` if there is none by now. */
  receive(): CompiledShard | undefined;
  end(): void;
}

/** @param onFailure called if the thread ends by itself */
export type SpawnCompiler = (onFailure: (error: unknown) => void) => CompilerThread;

/** Starts a compiler in its own thread. */
export const spawnCompiler: SpawnCompiler = (onFailure) => {
  const { port1, port2 } = new MessageChannel();
  const url = new URL("./compiler-thread.js", import.meta.url);
  const worker = new Worker(url, { workerData: port2, transferList: [port2], name: "compiler" });
  worker.on("error", onFailure);
  return {
    post: (build) => port1.postMessage(build),
    receive: () => receiveMessageOnPort(port1)?.message,
    end: () => {
      port1.close();
      void worker.terminate();
    },
  };
};

/** Has shards compiled in another thread. If that fails, there are none, and the builder compiles all of them. */
export class ThreadHelper implements CompileHelper {
  readonly #spawn: SpawnCompiler;
  readonly #log: Pick<Logger, "warn">;
  #thread: CompilerThread | undefined;

  constructor(spawn: SpawnCompiler, log: Pick<Logger, "warn">) {
    this.#spawn = spawn;
    this.#log = log;
  }

  prepare(): void {
    this.#quietly(() => {
      this.#thread ??= this.#spawn((error) => this.#note(error));
    });
  }

  offer(build: WholeBuild): void {
    this.#quietly(() => this.#thread?.post(build));
  }

  collect(): readonly CompiledShard[] {
    const shards: CompiledShard[] = [];
    const thread = this.#thread;
    this.#thread = undefined;
    if (!thread) return shards;
    for (let shard = thread.receive(); shard; shard = thread.receive()) shards.push(shard);
    thread.end();
    return shards;
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    this.#log.warn(`the builder compiles without a second thread: ${messageOf(error)}`);
  }
}

import { type IncomingMessage, request } from "node:http";
import { messageOf } from "../../base/errors.js";
import { HOST } from "../loopback.js";
import { TASK_HEADER } from "./tasks.js";

const PAUSE_MS = 40;
const ANSWER_MS = 5_000;

/** A port of the load balancer, and what a request there says. */
export interface Way {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Clients of the app: a request some 25 times a second, each on a connection of its own and by the next way in turn. */
export class Visitors {
  readonly #ways: readonly Way[];
  readonly #onFailure: (reason: string) => void;
  readonly #underWay = new Set<Promise<void>>();
  readonly #tasks = new Set<string>();
  #answered = 0;
  #failed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ways: readonly Way[], onFailure: (reason: string) => void) {
    this.#ways = ways;
    this.#onFailure = onFailure;
  }

  get figures() {
    return { answered: this.#answered, failed: this.#failed, tasks: this.#tasks.size };
  }

  start(): void {
    let turn = 0;
    this.#timer = setInterval(() => {
      const way = this.#ways[turn++ % this.#ways.length];
      if (way) this.#visit(way);
    }, PAUSE_MS);
  }

  /** Settles when the last of them has an answer, or has none. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  #visit(way: Way): void {
    const visit = taskAt(way).then(
      (task) => {
        this.#answered++;
        this.#tasks.add(task);
      },
      (error: unknown) => {
        this.#failed++;
        this.#onFailure(messageOf(error));
      },
    );
    this.#underWay.add(visit);
    visit.finally(() => this.#underWay.delete(visit));
  }
}

/** Which task answers. Rejects if none does. */
export async function taskAt({ port, headers }: Way): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    request({ host: HOST, port, headers, agent: false, signal }, resolve).on("error", reject).end();
  });
  for await (const _ of response);
  const task = response.headers[TASK_HEADER];
  if (response.statusCode === 200 && typeof task === "string") return task;
  throw new Error(`it was answered with status ${response.statusCode}`);
}

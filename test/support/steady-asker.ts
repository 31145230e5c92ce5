import { createSocket, type Socket } from "node:dgram";
import type { At } from "./ask.js";
import { decode, encodeQuery, lines } from "./dns.js";
import { until } from "./wait.js";

const TICK_MS = 10;
/** A busy machine is no fault of the server's. */
const PATIENCE_MS = 5_000;
const BUFFER = 1 << 22;

/** What is asked for, with the address it has to have. */
export interface Expected {
  readonly name: string;
  readonly address: string;
}

interface Question {
  readonly expected: Expected;
  readonly timer: NodeJS.Timeout;
}

/** Asks for the same names over and over at a steady rate, and notes every answer that is not what it has to be. */
export class SteadyAsker {
  readonly misses: string[] = [];
  asked = 0;
  readonly #expected: readonly Expected[];
  readonly #rate: number;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Question>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, expected: readonly Expected[], rate: number) {
    this.#socket = socket;
    this.#expected = expected;
    this.#rate = rate;
    // While nobody listens there, the system says so.
    socket.on("error", () => {});
    socket.on("message", (octets) => this.#take(octets));
  }

  /** @param rate questions a second */
  static async start(at: At, expected: readonly Expected[], rate: number): Promise<SteadyAsker> {
    const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER });
    await new Promise<void>((resolve) => socket.connect(at.port, at.host, resolve));
    const asker = new SteadyAsker(socket, expected, rate);
    asker.resume();
    return asker;
  }

  resume(): void {
    const [started, before] = [performance.now(), this.asked];
    this.#timer = setInterval(() => {
      const due = before + ((performance.now() - started) / 1000) * this.#rate;
      while (this.asked < due) this.#ask();
    }, TICK_MS);
  }

  /** Asks no more; resolves when everything has been answered, or has gone without for too long. */
  async pause(): Promise<void> {
    clearInterval(this.#timer);
    await until("the last answers", () => this.#waiting.size === 0);
  }

  async stop(): Promise<void> {
    await this.pause();
    this.#socket.close();
  }

  #ask(): void {
    const expected = this.#expected[this.asked % this.#expected.length] as Expected;
    const id = this.asked++ & 0xffff;
    const timer = setTimeout(() => this.#settle(id, "no answer"), PATIENCE_MS);
    this.#waiting.set(id, { expected, timer });
    this.#socket.send(encodeQuery(expected.name, { id }));
  }

  #take(octets: Buffer): void {
    const { id, rcode, answers } = decode(octets);
    const addresses = lines(answers).map((line) => line.split(" ").at(-1));
    const address = this.#waiting.get(id ?? 0)?.expected.address;
    this.#settle(id ?? 0, addresses.join() === address ? undefined : `${rcode} ${addresses}`);
  }

  /** @param fault nothing where all is well */
  #settle(id: number, fault: string | undefined): void {
    const question = this.#waiting.get(id);
    if (!question) return;
    clearTimeout(question.timer);
    this.#waiting.delete(id);
    if (fault !== undefined) this.misses.push(`${question.expected.name}: ${fault}`);
  }
}

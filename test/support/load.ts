import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { onTestFinished } from "vitest";
import type { At } from "./ask.js";
import { decode, encodeQuery, lines } from "./dns.js";
import { until } from "./wait.js";

/** Many clients that ask for one name all the time, each question once. They stop at the latest when the test is over. */

export interface Outcome {
  readonly asked: number;
  readonly unanswered: number;
  /** What was answered, as rcode and records, and how often. */
  readonly answers: Readonly<Record<string, number>>;
}

const CLIENTS = 50;
const TICK_MS = 5;
const IDS = 65_536;
/** As much as the kernel grants: answers may come all at once. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

export class Load {
  readonly #at: At;
  readonly #query: Buffer;
  readonly #clients: readonly Client[];
  readonly #timer: NodeJS.Timeout;
  #asked = 0;

  private constructor(at: At, name: string, rate: number, clients: readonly Client[]) {
    this.#at = at;
    this.#query = encodeQuery(name);
    this.#clients = clients;
    const began = performance.now();
    this.#timer = setInterval(() => this.#askUntil(((performance.now() - began) / 1000) * rate), TICK_MS);
    onTestFinished(() => {
      clearInterval(this.#timer);
      for (const { socket } of clients) socket.close();
    });
  }

  /** @param rate questions a second, of all clients together */
  static async start(at: At, name: string, rate: number): Promise<Load> {
    const clients = Array.from({ length: CLIENTS }, () => new Client(isIPv6(at.host) ? "udp6" : "udp4"));
    await Promise.all(clients.map((client) => client.opened));
    return new Load(at, name, rate, clients);
  }

  /** Asks nothing more, and waits for what has not been answered yet. */
  async finish(): Promise<Outcome> {
    clearInterval(this.#timer);
    const unanswered = () => this.#clients.reduce((sum, { waiting }) => sum + waiting.size, 0);
    await until("all answers", () => unanswered() === 0).catch(() => undefined);
    const answers: Record<string, number> = {};
    for (const client of this.#clients) {
      for (const [hex, count] of client.answers) {
        const message = decode(Buffer.from(`0000${hex}`, "hex"));
        const text = [message.rcode, ...lines(message.answers)].join(" ");
        answers[text] = (answers[text] ?? 0) + count;
      }
    }
    return { asked: this.#asked, unanswered: unanswered(), answers };
  }

  #askUntil(count: number): void {
    while (this.#asked < count) this.#clients[this.#asked++ % CLIENTS]?.ask(this.#at, this.#query);
  }
}

class Client {
  readonly socket: Socket;
  readonly opened: Promise<unknown>;
  /** Ids of questions without an answer. */
  readonly waiting = new Set<number>();
  /** Answers but for their ids, in hexadecimal, and how often each came. */
  readonly answers = new Map<string, number>();
  #next = 0;

  constructor(type: "udp4" | "udp6") {
    this.socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER });
    this.opened = once(this.socket.bind(), "listening");
    this.socket.on("message", (answer) => {
      if (!this.waiting.delete(answer.readUInt16BE(0))) return;
      const hex = answer.toString("hex", 2);
      this.answers.set(hex, (this.answers.get(hex) ?? 0) + 1);
    });
  }

  ask(at: At, query: Buffer): void {
    const id = this.#next++ % IDS;
    const message = Buffer.from(query);
    message.writeUInt16BE(id, 0);
    this.waiting.add(id);
    this.socket.send(message, at.port, at.host);
  }
}

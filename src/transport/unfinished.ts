import type { FollowingMessages, Request } from "../answer/request.js";
import type { DnsService } from "../serving/service.js";

export interface UnfinishedParts {
  readonly service: DnsService;
  /** Whether the client has so much to read that nothing more is written. */
  readonly isFull: () => boolean;
  /** Writes octets, perhaps none, and calls `done` when they and all before them have left: with `false` if the client is gone. */
  readonly write: (octets: Uint8Array, done: (isTaken: boolean) => void) => void;
  /** Called when there is something to write again. */
  readonly resume: () => void;
}

const NOTHING = new Uint8Array(0);

/** The responses of several messages of one connection that have not been written completely. They are written by turns. */
export class UnfinishedResponses {
  readonly #parts: UnfinishedParts;
  readonly #requests: Request[] = [];
  /** Those that are given up, until the connection has ended: their messages may still be written. */
  readonly #givenUp: Request[] = [];
  /** Responses whose last octets have not left. */
  #ending = 0;
  /** Whether nothing can be written before more messages are there. */
  isWaiting = false;

  constructor(parts: UnfinishedParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0;
  }

  /** Whether a client has to read: messages to come, or the last ones. */
  get areUnderWay(): boolean {
    return this.#requests.length + this.#ending > 0;
  }

  add(request: Request): void {
    this.#requests.push(request);
  }

  /**
   * Writes more messages, until there are so many bytes of them.
   *
   * @returns false if a response cannot be completed: then the others are not either
   */
  write(bytes: number): boolean {
    const { service, isFull, resume } = this.#parts;
    let waiting = 0;
    this.isWaiting = false;
    for (let written = 0; written < bytes && waiting < this.#requests.length; ) {
      if (isFull()) return true;
      const request = this.#requests.shift() as Request;
      const { following } = request;
      const next = service.next(request);
      if (next === "broken") {
        this.#givenUp.push(request, ...this.#requests.splice(0));
        return false;
      }
      if (next === "end") {
        this.#end(following);
        continue;
      }
      this.#requests.push(request);
      if (next === "waiting") {
        waiting++;
        following?.onReady(resume);
        continue;
      }
      waiting = 0;
      this.#parts.write(next, (isTaken) => {
        if (isTaken) following?.taken();
      });
      written += next.length;
    }
    this.isWaiting = waiting > 0;
    return true;
  }

  #end(following: FollowingMessages | undefined): void {
    this.#ending++;
    this.#parts.write(NOTHING, (isTaken) => {
      this.#ending--;
      if (isTaken) following?.sent();
      else following?.cancel();
    });
  }

  /** The client has left. */
  cancel(): void {
    for (const { following } of [...this.#givenUp, ...this.#requests.splice(0)]) following?.cancel();
  }
}

import { BROKEN, type FollowingMessages, type Request, WAITING } from "../answer/request.js";
import type { DnsService } from "../serving/service.js";

export interface UnfinishedParts {
  readonly service: DnsService;
  /** Whether the client has so much to read that nothing more is written. */
  readonly isFull: () => boolean;
  /** Takes a message of this size out of the memory for responses. */
  readonly append: (size: number) => void;
  /** Calls `done` when all that was appended before has left: with `false` if the client is gone. */
  readonly whenTaken: (done: (isTaken: boolean) => void) => void;
  /** Called when there is something to write again. */
  readonly resume: () => void;
}

/** The responses of several messages of one connection that have not been written completely. They are written by turns. */
export class UnfinishedResponses {
  readonly #parts: UnfinishedParts;
  #requests: Request[] = [];
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
   * Writes more messages, up to so many bytes.
   *
   * @returns false if a response cannot be completed: then the others are not either
   */
  write(bytes: number): boolean {
    const { service, isFull, append, resume } = this.#parts;
    let waiting = 0;
    this.isWaiting = false;
    for (let written = 0; written < bytes && waiting < this.#requests.length; ) {
      if (isFull()) return true;
      const request = this.#requests.shift() as Request;
      const { following } = request;
      const size = service.next(request);
      if (size === BROKEN) {
        this.cancel();
        return false;
      }
      if (size === 0) this.#end(following);
      else this.#requests.push(request);
      if (size === WAITING) {
        waiting++;
        request.following?.onReady(resume);
      } else if (size > 0) {
        waiting = 0;
        append(size);
        written += size;
      }
    }
    this.isWaiting = waiting > 0;
    return true;
  }

  #end(following: FollowingMessages | undefined): void {
    this.#ending++;
    this.#parts.whenTaken((isTaken) => {
      this.#ending--;
      if (isTaken) following?.sent();
      else following?.cancel();
    });
  }

  /** The client has left, or a response broke off. */
  cancel(): void {
    for (const { following } of this.#requests) following?.cancel();
    this.#requests = [];
  }
}

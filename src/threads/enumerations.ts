/** What of a port listings are sent through. */
interface PiecePort {
  postMessage(message: { readonly kind: "piece"; readonly id: number; readonly text: string | undefined }): void;
}

/** Listings that other threads read piece by piece, each as of the moment in which its first piece was asked for. */
export class Enumerations {
  readonly #port: PiecePort;
  readonly #begin: () => Generator<string>;
  readonly #open = new Map<number, Generator<string>>();

  constructor(port: PiecePort, begin: () => Generator<string>) {
    this.#port = port;
    this.#begin = begin;
  }

  /** Sends the next piece of a listing; the first one starts it. */
  next(id: number): void {
    const pieces = this.#open.get(id) ?? this.#begin();
    this.#open.set(id, pieces);
    const { done, value } = pieces.next();
    if (done) this.#open.delete(id);
    this.#port.postMessage({ kind: "piece", id, text: done ? undefined : value });
  }

  /** Nobody reads it any more. */
  end(id: number): void {
    this.#open.delete(id);
  }
}

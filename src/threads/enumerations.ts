/** The used part of the port through which listings are sent. */
interface PiecePort {
  postMessage(message: { readonly kind: "piece"; readonly id: number; readonly text: string | undefined }): void;
}

/** Listings that another thread reads piece by piece. Each describes the moment at which its first piece was requested. */
export class Enumerations {
  readonly #port: PiecePort;
  readonly #begin: () => Generator<string>;
  readonly #open = new Map<number, Generator<string>>();

  constructor(port: PiecePort, begin: () => Generator<string>) {
    this.#port = port;
    this.#begin = begin;
  }

  /** Sends the next piece of a listing. The first call begins it. */
  next(id: number): void {
    const pieces = this.#open.get(id) ?? this.#begin();
    this.#open.set(id, pieces);
    const { done, value } = pieces.next();
    if (done) this.#open.delete(id);
    this.#port.postMessage({ kind: "piece", id, text: done ? undefined : value });
  }

  /** Call this when a listing is no longer read. */
  end(id: number): void {
    this.#open.delete(id);
  }
}

export interface PacedPiecesParts<Piece> {
  /** Sends a piece. Not called again before taken() has been called. */
  readonly send: (piece: Piece) => void;
  /** Makes the pieces of what has not been sent yet, one by one, as they are wanted; `undefined` if there is nothing. */
  readonly begin: () => Iterator<Piece> | undefined;
}

/** Sends something large piece by piece: the next one when the one before has been taken, so that neither thread is blocked for long. */
export class PacedPieces<Piece> {
  readonly #parts: PacedPiecesParts<Piece>;
  #pieces: Iterator<Piece> | undefined;
  #isUnderWay = false;

  constructor(parts: PacedPiecesParts<Piece>) {
    this.#parts = parts;
  }

  /** Call this when there is something to send. */
  send(): void {
    if (this.#isUnderWay) return;
    const piece = this.#next();
    if (piece === undefined) return;
    this.#isUnderWay = true;
    this.#parts.send(piece);
  }

  /** Call this when the last piece has been taken. */
  taken(): void {
    this.#isUnderWay = false;
    this.send();
  }

  /** Drops the pieces that have not been sent. */
  forget(): void {
    this.#pieces = undefined;
  }

  #next(): Piece | undefined {
    const next = this.#pieces?.next();
    if (next && !next.done) return next.value;
    this.#pieces = this.#parts.begin();
    return this.#pieces?.next().value;
  }
}

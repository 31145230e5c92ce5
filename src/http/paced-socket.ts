import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** Octets that the parser is given at a time, at most. */
const MAX_PIECE = 4096;
/** Pieces in a row, until others have their turn. */
const PIECES_A_TURN = 16;
/** Behind it another request may begin. */
const HEADERS_END = "\r\n\r\n";
const NOTHING = Buffer.alloc(0);

interface Asked {
  readonly request: IncomingMessage;
  readonly begin: () => void;
}

/**
 * A connection of HTTP/1.1 as its parser sees it, which answers one request at a time. node:http parses whatever has come, and begins
 * to answer thousands of pipelined requests at once, those too whose client has gone. Here it gets no further piece while a request is
 * being answered, and but for one chunk what the client sends meanwhile stays in the kernel.
 */
export class PacedSocket extends Duplex {
  /** node:http and node:http2 keep their server there. */
  server: unknown;
  readonly #socket: Socket;
  /** What has come and was not handed on yet. */
  #rest: Buffer = NOTHING;
  #isWanted = false;
  #hasEnded = false;
  #isPatient = false;
  /** The first one is being answered. There are others only where one begins in the piece in which the one before ends. */
  readonly #asked: Asked[] = [];

  constructor(socket: Socket, server: unknown) {
    super({ readableHighWaterMark: 1, decodeStrings: false });
    this.server = server;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      socket.pause();
      this.#rest = chunk;
      this.#feed();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      if (this.#isPatient) this.destroy();
      else this.#feed();
    });
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
    socket.on("timeout", () => this.emit("timeout"));
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily;
  }

  /** Of a socket of TLS. */
  get encrypted(): boolean {
    return "encrypted" in this.#socket;
  }

  /** node:http2 asks for it, to know which protocol is spoken. */
  get alpnProtocol(): string | false {
    return "alpnProtocol" in this.#socket && (this.#socket.alpnProtocol as string | false);
  }

  /**
   * While a request waits for news, which may take minutes, a client that shuts its side down has left. It is not known from one that
   * still reads, but that one can ask again.
   */
  set patient(isPatient: boolean) {
    this.#isPatient = isPatient;
    if (isPatient && this.#hasEnded) this.destroy();
  }

  setTimeout(milliseconds: number): this {
    this.#socket.setTimeout(milliseconds);
    return this;
  }

  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Has a request answered by `begin` when those before it have been; not at all if the connection is gone by then. */
  answer(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const asked = { request, begin };
    this.#asked.push(asked);
    response.once("close", () => {
      if (this.#asked[0] !== asked) return;
      this.#asked.shift();
      this.#asked[0]?.begin();
      this.#feedSoon();
    });
    if (this.#asked.length === 1) begin();
  }

  override _read(): void {
    this.#isWanted = true;
    // What is pushed from here would be parsed behind the next piece.
    process.nextTick(this.#feed);
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _writev(chunks: { chunk: string | Buffer; encoding: BufferEncoding }[], done: () => void): void {
    this.#socket.cork();
    chunks.forEach(({ chunk, encoding }, i) => {
      this.#socket.write(chunk, encoding, i === chunks.length - 1 ? done : undefined);
    });
    this.#socket.uncork();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#rest = NOTHING;
    this.#asked.length = 0;
    this.#socket.destroy();
    done(error);
  }

  /** Nothing is handed on while a request that has come as a whole is being answered, nor while another one waits for that. */
  get #isHeld(): boolean {
    return this.#asked.length > 1 || this.#asked[0]?.request.complete === true;
  }

  readonly #feed = (): void => {
    for (let pieces = 0; this.#rest.length > 0; pieces++) {
      if (!this.#isWanted || this.#isHeld) return;
      if (pieces === PIECES_A_TURN) {
        this.#feedSoon();
        return;
      }
      const piece = this.#rest.subarray(0, pieceLength(this.#rest));
      this.#rest = this.#rest.subarray(piece.length);
      this.#isWanted = this.push(piece);
    }
    if (this.destroyed) return;
    if (!this.#hasEnded) {
      // Also while an answer is under way: one chunk more finds room here, and that the client leaves is not overheard.
      if (this.#isWanted) this.#socket.resume();
    } else if (!this.#isHeld) {
      // Not before: node:http answers nothing any more when the client has shut its side down.
      this.push(null);
    }
  };

  #feedSoon(): void {
    setImmediate(this.#feed);
  }
}

/** Octets of the next piece, in which no more than one request ends its headers. */
function pieceLength(octets: Buffer): number {
  const end = octets.subarray(0, MAX_PIECE).indexOf(HEADERS_END);
  return end < 0 ? Math.min(octets.length, MAX_PIECE) : end + HEADERS_END.length;
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** The most bytes that the parser receives at a time. */
const MAX_PIECE = 4096;
/** How many pieces are parsed in a row before other connections have their turn. */
const PIECES_A_TURN = 16;
/** Another request may begin after this. */
const HEADERS_END = "\r\n\r\n";
const NOTHING = Buffer.alloc(0);

interface Asked {
  readonly request: IncomingMessage;
  readonly begin: () => void;
}

/**
 * Stands between an HTTP/1.1 connection and the parser of node:http, so that one request is answered at a time. By itself, node:http
 * parses everything that has arrived, and begins to answer thousands of pipelined requests at once, even if their client has left.
 * This socket passes on no further piece while a request is being answered. Except for one chunk, what the client sends meanwhile
 * stays in the kernel.
 */
export class PacedSocket extends Duplex {
  /** node:http and node:http2 expect their server here. */
  server: unknown;
  readonly #socket: Socket;
  /** Bytes that have arrived, but have not been passed on yet. */
  #rest: Buffer = NOTHING;
  #isWanted = false;
  #hasEnded = false;
  #isPatient = false;
  /** The first one is being answered. There are more only if one began in the piece in which the one before it ended. */
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

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily;
  }

  /** Whether the socket is a TLS socket. */
  get encrypted(): boolean {
    return "encrypted" in this.#socket;
  }

  /** node:http2 reads this to find out which protocol was negotiated. */
  get alpnProtocol(): string | false {
    return "alpnProtocol" in this.#socket && (this.#socket.alpnProtocol as string | false);
  }

  /**
   * Set to true while a request waits for a change, which may take minutes. A client that shuts down its side then counts as gone, and
   * the connection is closed. It may be still reading, which cannot be told; then it can ask again.
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

  /** Calls `begin` to answer a request when those before it have been answered, unless the connection has closed by then. */
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
    // A piece that is pushed from within _read() would be parsed after the next one.
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

  /** Pass nothing on while a complete request is being answered, or while another one waits for that. */
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
      // Resume even while a request is being answered: there is room for one more chunk, and otherwise the client's leaving would
      // go unnoticed.
      if (this.#isWanted) this.#socket.resume();
    } else if (!this.#isHeld) {
      // Not earlier: node:http answers no request after the client has shut down its side.
      this.push(null);
    }
  };

  #feedSoon(): void {
    setImmediate(this.#feed);
  }
}

/** Length of the next piece. It contains the end of at most one request's headers. */
function pieceLength(bytes: Buffer): number {
  const end = bytes.subarray(0, MAX_PIECE).indexOf(HEADERS_END);
  return end < 0 ? Math.min(bytes.length, MAX_PIECE) : end + HEADERS_END.length;
}

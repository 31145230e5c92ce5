import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, isIPv6, type Socket } from "node:net";
import { type Ask, decode, encodeQuery, type Message } from "./dns.js";

/** Clients that write octets to sockets and read answers with dns-packet. */

export interface At {
  readonly host: string;
  readonly port: number;
}

/** How long an answer is waited for. */
const PATIENCE_MS = 15_000;

/** Sends one datagram and resolves to the first that comes back. @param from the client's address, if it is to have a certain one */
export async function sendUdp({ host, port }: At, query: Uint8Array, from?: string): Promise<Buffer> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    if (from !== undefined) socket.bind(0, from);
    const answered = once(socket, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
    socket.send(query, port, host);
    const [answer] = await answered;
    return answer as Buffer;
  } finally {
    socket.close();
  }
}

export async function askUdp(at: At, name: string, ask?: Ask): Promise<Message> {
  return decode(await sendUdp(at, encodeQuery(name, ask)));
}

export async function askTcp(at: At, name: string, ask?: Ask): Promise<Message> {
  const client = await TcpClient.connect(at);
  try {
    client.send(encodeQuery(name, ask));
    return decode(await client.receive());
  } finally {
    client.close();
  }
}

/** A connection on which several queries can be under way. */
export class TcpClient {
  readonly socket: Socket;
  readonly #messages: AsyncGenerator<Buffer>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#messages = messagesOf(socket);
  }

  static async connect({ host, port }: At): Promise<TcpClient> {
    const socket = connect({ host, port });
    await once(socket, "connect", { signal: AbortSignal.timeout(PATIENCE_MS) });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer over TCP")));
    return new TcpClient(socket);
  }

  send(...queries: Uint8Array[]): void {
    this.socket.write(Buffer.concat(queries.map(framed)));
  }

  /** The next answer; rejects if the server closes the connection instead. */
  async receive(): Promise<Buffer> {
    const { value, done } = await this.#messages.next();
    if (done) throw new Error("the connection was closed before the answer");
    return value;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A message with its length in front (RFC 1035 §4.2.2). */
export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}

/** The messages that come over a connection. */
export async function* messagesOf(socket: Socket): AsyncGenerator<Buffer> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      yield received.subarray(2, end);
      received = received.subarray(end);
    }
  }
}

/** Those of a client, until it leaves, in whatever way. */
export async function* queriesOf(socket: Socket): AsyncGenerator<Buffer> {
  try {
    yield* messagesOf(socket);
  } catch {
    // A server that is configured anew, or stopped, may cut the connection.
  }
}

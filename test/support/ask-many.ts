import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { type At, framed, messagesOf } from "./ask.js";

/** Asking thousands of questions at once. */

export interface Asked {
  /** A query; its id is overwritten. */
  readonly message: Uint8Array;
  /** Over TCP. */
  readonly stream: boolean;
}

/** What came back for each query, in their order; nothing where nothing came. */
export type Answers = (Buffer | undefined)[];

const UNDER_WAY = 100;
/** A datagram may get lost on a busy machine. */
const TRIES = 3;
const PATIENCE_MS = 1_000;
const STREAM_PATIENCE_MS = 10_000;

export async function askMany(at: At, queries: readonly Asked[]): Promise<Answers> {
  const answers: Answers = new Array(queries.length).fill(undefined);
  const indices = (stream: boolean) => queries.flatMap((query, i) => (query.stream === stream ? [i] : []));
  await Promise.all([
    askDatagrams(at, queries, indices(false), answers),
    askStreams(at, queries, indices(true), answers),
  ]);
  return answers;
}

async function askDatagrams(at: At, queries: readonly Asked[], indices: readonly number[], answers: Answers) {
  const socket = createSocket("udp4");
  const waiting = new Map<number, (answer: Buffer) => void>();
  socket.on("message", (answer) => waiting.get(answer.readUInt16BE(0))?.(answer));
  socket.connect(at.port, at.host);
  await once(socket, "connect");
  const next = indices.values();
  const work = async () => {
    for (const index of next) answers[index] = await askDatagram(socket, queries[index].message, index, waiting);
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, work));
  socket.close();
}

async function askDatagram(
  socket: Socket,
  query: Uint8Array,
  index: number,
  waiting: Map<number, (a: Buffer) => void>,
) {
  const id = index & 0xffff;
  const message = withId(query, id);
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await new Promise<Buffer | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
        waiting.set(id, (received) => {
          clearTimeout(timer);
          resolve(received);
        });
        socket.send(message);
      });
      if (answer) return answer;
    }
    return undefined;
  } finally {
    waiting.delete(id);
  }
}

/** Many to a connection; what was still to come when the server closed it is asked again, each alone. */
async function askStreams(at: At, queries: readonly Asked[], indices: readonly number[], answers: Answers) {
  for (let from = 0; from < indices.length; from += UNDER_WAY) {
    const batch = indices.slice(from, from + UNDER_WAY);
    await askStream(at, queries, batch, answers);
    for (const index of batch) if (!answers[index]) await askStream(at, queries, [index], answers);
  }
}

async function askStream(at: At, queries: readonly Asked[], batch: readonly number[], answers: Answers) {
  const socket = connect(at.port, at.host);
  socket.setTimeout(STREAM_PATIENCE_MS, () => socket.destroy());
  socket.write(Buffer.concat(batch.map((index) => framed(withId(queries[index].message, index & 0xffff)))));
  const indexOf = new Map(batch.map((index) => [index & 0xffff, index]));
  try {
    for await (const answer of messagesOf(socket)) {
      const id = answer.readUInt16BE(0);
      const index = indexOf.get(id);
      if (index !== undefined) answers[index] = Buffer.from(answer);
      indexOf.delete(id);
      if (indexOf.size === 0) break;
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ECONNRESET")) throw error;
  } finally {
    socket.destroy();
  }
}

function withId(query: Uint8Array, id: number): Buffer {
  const message = Buffer.from(query);
  message.writeUInt16BE(id, 0);
  return message;
}

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { causeOf, MesosDnsError } from "../base/errors.js";
import { formatHostPort, type HostPort } from "../base/host-port.js";
import { type Message, readMessage } from "../wire/message.js";
import { encodeName } from "../wire/names.js";
import { readUint16, writeUint16 } from "../wire/octets.js";
import { CLASS, HEADER, MAX_MESSAGE, TYPE } from "../wire/protocol.js";

const TIMEOUT_MS = 3_000;
const TRIES = 2;
/** Octets of an answer over UDP that are offered: as many as pass without fragments (RFC 9715). */
const PAYLOAD = 1_232;
const OPT = Uint8Array.of(0, 0, TYPE.OPT, PAYLOAD >> 8, PAYLOAD & 0xff, 0, 0, 0, 0, 0, 0);
const RD = 0x01;

export interface Reply {
  readonly message: Message;
  readonly transport: "UDP" | "TCP";
  readonly ms: number;
}

/**
 * Asks a server one question: over UDP, twice if need be, and over TCP if the answer is truncated, or at once.
 * @param name as a person writes it
 * @throws {MesosDnsError} SERVER_UNREACHABLE
 */
export async function askDns(server: HostPort, name: string, type: number, isTcp = false): Promise<Reply> {
  const started = performance.now();
  const query = queryFor(name, type);
  const since = () => performance.now() - started;
  try {
    const first = isTcp ? undefined : await overUdp(server, query);
    if (first && !first.flags.includes("tc")) return { message: first, transport: "UDP", ms: since() };
    return { message: await overTcp(server, query), transport: "TCP", ms: since() };
  } catch (error) {
    throw new MesosDnsError("SERVER_UNREACHABLE", `no answer from ${formatHostPort(server)}: ${whyOf(error)}`, {
      cause: error,
    });
  }
}

function whyOf(error: unknown): string {
  const isRefused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
  return isRefused ? "nobody listens there (ECONNREFUSED)" : causeOf(error);
}

function queryFor(name: string, type: number): Uint8Array {
  const wire = encodeName(name.replace(/\.$/, ""));
  const query = new Uint8Array(HEADER + wire.length + 4 + OPT.length);
  writeUint16(query, 0, randomInt(0x1_00_00));
  query[2] = RD;
  query[5] = 1;
  query[11] = 1;
  query.set(wire, HEADER);
  writeUint16(query, HEADER + wire.length, type);
  writeUint16(query, HEADER + wire.length + 2, CLASS.IN);
  query.set(OPT, HEADER + wire.length + 4);
  return query;
}

/** The answer in these octets; `undefined` if it is none to this query. */
function answerIn(octets: Uint8Array, query: Uint8Array): Message | undefined {
  const message = readMessage(octets);
  return message?.flags.includes("qr") && message.id === readUint16(query, 0) ? message : undefined;
}

async function overUdp(server: HostPort, query: Uint8Array): Promise<Message> {
  for (let attempt = 1; ; attempt++) {
    const message = await onceOverUdp(server, query);
    if (message) return message;
    if (attempt === TRIES) throw new Error(`silence over UDP, ${TRIES} times for ${TIMEOUT_MS / 1_000} s`);
  }
}

function onceOverUdp({ host, port }: HostPort, query: Uint8Array): Promise<Message | undefined> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  return new Promise<Message | undefined>((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), TIMEOUT_MS);
    socket.once("close", () => clearTimeout(timer));
    socket.on("error", reject);
    socket.on("message", (octets) => {
      const message = answerIn(octets, query);
      if (message) resolve(message);
    });
    // A connected socket is told that nobody listens.
    socket.connect(port, host, () => socket.send(query));
  }).finally(() => socket.close());
}

function overTcp({ host, port }: HostPort, query: Uint8Array): Promise<Message> {
  const socket = connect({ host, port });
  return new Promise<Message>((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(TIMEOUT_MS, () => reject(new Error(`silence over TCP for ${TIMEOUT_MS / 1_000} s`)));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the connection was closed before the answer")));
    socket.on("data", (part) => {
      received = Buffer.concat([received, part]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const message = answerIn(received.subarray(2, 2 + received.readUInt16BE(0)), query);
      if (message) resolve(message);
      else reject(new Error("what came over TCP is no answer to the question"));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Math.min(query.length, MAX_MESSAGE));
    socket.write(Buffer.concat([length, query]));
  }).finally(() => socket.destroy());
}

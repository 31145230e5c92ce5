import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Answerer } from "../../../src/answer/answer.js";
import type { Certificate } from "../../../src/transport/certificate.js";
import { TcpTransport } from "../../../src/transport/tcp.js";
import { limitsOf, type TcpLimits } from "../../../src/transport/tcp-limits.js";
import { decode, encodeQuery } from "../../support/dns.js";
import { ScriptedForwarder, serviceOf } from "../../support/service.js";
import { answererOf } from "../../support/zone.js";

export const ZONE = [
  "web.mesos A 192.0.2.1",
  ...Array.from({ length: 3000 }, (_, i) => `big.mesos A 10.0.${i >> 8}.${i & 255}`),
];
export const LIMITS = limitsOf({
  maxConnections: 4096,
  maxConnectionsPerClient: 256,
  idleSeconds: 30,
  stalledSeconds: 10,
});
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a transport with these limits that answers from a small zone. */
export async function start(
  limits: Partial<TcpLimits> = {},
  answerer: Answerer = answererOf(ZONE, { forwarding: true }),
  certificate?: Certificate,
) {
  const forwarder = new ScriptedForwarder();
  const { service, stats, clients, transfers } = serviceOf(answerer, forwarder);
  const port = await freePort();
  const transport = new TcpTransport({
    address: { host: "127.0.0.1", port },
    descriptor: undefined,
    onlyIPv6: false,
    service,
    clients,
    stats,
    limits: { ...LIMITS, ...limits },
    ...(certificate && { certificates: { certificate, transferAuthorities: undefined } }),
  });
  await transport.listen();
  onTestFinished(() => {
    transport.stop();
    transport.close();
  });
  return { transport, forwarder, stats, transfers, port, client: () => openClient(port) };
}

/** A client that collects complete messages. */
async function openClient(port: number) {
  const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const messages: Buffer[] = [];
  let buffered = Buffer.alloc(0);
  const waiting: (() => void)[] = [];
  const changed = () => {
    for (const wake of waiting.splice(0)) wake();
  };
  socket.on("data", (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
      messages.push(buffered.subarray(2, 2 + buffered.readUInt16BE(0)));
      buffered = buffered.subarray(2 + buffered.readUInt16BE(0));
    }
    changed();
  });
  socket.on("error", () => undefined);
  let closed = false;
  const end = () => {
    closed = true;
    changed();
  };
  socket.on("end", end).on("close", end);
  await new Promise((resolve) => socket.once("connect", resolve));
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    socket,
    messages,
    whenReceived: (count: number) => until(() => messages.length >= count || closed),
    received: async (count: number) => {
      await until(() => messages.length >= count || closed);
      return messages.slice(0, count).map((message) => decode(message));
    },
    closed: () => until(() => closed),
  };
}

/** A message with its length prefix. */
export const framed = (message: Buffer) =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
export const query = (name: string, id = 1) => framed(encodeQuery(name, { id }));

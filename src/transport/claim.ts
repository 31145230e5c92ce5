import { createSocket } from "node:dgram";
import { createServer, isIPv6 } from "node:net";
import type { HostPort } from "../base/host-port.js";
import { listenError } from "./listen-error.js";

/** Rejects with a `MesosDnsError` if the UDP address is in use. Sockets that share their port would not notice it. */
export async function claimUdp({ host, port }: HostPort): Promise<void> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (error) => reject(listenError(error, "UDP", host, port)));
    socket.bind({ address: host, port, exclusive: true }, resolve);
  });
  await new Promise<void>((resolve) => socket.close(resolve));
}

/** The same for TCP. */
export async function claimTcp({ host, port }: HostPort): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, "TCP", host, port)));
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

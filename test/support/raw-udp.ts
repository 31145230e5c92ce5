import { createRequire } from "node:module";
import { AF_INET, SOCKADDR_IN } from "../../src/transport/batch/abi.js";
import { loadSystem } from "../../src/transport/batch/system.js";
import type { At } from "./ask.js";

const SOCK_RAW = 3;
const IPPROTO_UDP = 17;
const UDP_HEADER = 8;

const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
const sendto = koffi.load(null).func("long sendto(int, void *, size_t, int, void *, uint32_t)") as (
  ...args: readonly [number, Uint8Array, number, number, Uint8Array, number]
) => number;

/** Sends a datagram from a source port that no socket can have, such as 0. Needs to be root. */
export function sendFrom(sourcePort: number, { port }: At, payload: Uint8Array): void {
  const system = loadSystem();
  const fd = system.socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  if (fd < 0) throw new Error(`no raw socket: ${system.errno()}`);
  const datagram = Buffer.concat([Buffer.alloc(UDP_HEADER), payload]);
  datagram.writeUInt16BE(sourcePort, 0);
  datagram.writeUInt16BE(port, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  const address = Buffer.alloc(SOCKADDR_IN.size);
  address.writeUInt16LE(AF_INET, 0);
  address.set([127, 0, 0, 1], SOCKADDR_IN.offsets.sin_addr);
  const sent = sendto(fd, datagram, datagram.length, 0, address, address.length);
  system.close(fd);
  if (sent !== datagram.length) throw new Error(`the datagram was not sent: ${system.errno()}`);
}

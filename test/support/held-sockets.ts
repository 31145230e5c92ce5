import { createRequire } from "node:module";
import { onTestFinished } from "vitest";
import { type Address, octetsOf, parseAddress } from "../../src/base/addresses.js";
import {
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../src/transport/batch/abi.js";
import { socketAddress } from "../../src/transport/batch/datagrams.js";
import { loadSystem } from "../../src/transport/batch/system.js";
import type { At } from "./ask.js";

/** Sockets as systemd holds them for a service: open whether it runs or not. They are closed when the test is over. */

const SO_RCVBUFFORCE = 33;
const BACKLOG = 128;
const WANTED = 16 * 1024 * 1024;
/** What the kernel takes of a receive buffer for a query. */
const QUERY = 768;

const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
const listen = koffi.load(null).func("int listen(int, int)") as (fd: number, backlog: number) => number;
const system = loadSystem();

export interface HeldSocket {
  readonly fd: number;
  /** How many queries it has room for while nobody reads them. */
  readonly room: number;
}

/** @param isShared others may have the same address */
export function holdUdp(at: At, isShared = false): HeldSocket {
  const fd = bound(SOCK_DGRAM, at, isShared);
  // Beyond net.core.rmem_max, as systemd does, where that is permitted.
  if (set(fd, SO_RCVBUFFORCE, WANTED) !== 0) set(fd, SO_RCVBUF, WANTED);
  return { fd, room: Math.floor(get(fd, SO_RCVBUF) / QUERY) };
}

/** @param room for clients that nobody accepts */
export function holdTcp(at: At, room = BACKLOG): HeldSocket {
  const fd = bound(SOCK_STREAM, at);
  check("listen", listen(fd, room));
  return { fd, room };
}

function bound(type: number, { host, port }: At, isShared = false): number {
  const address = socketAddress(octetsOf(parseAddress(host) as Address), port);
  const family = new Uint16Array(address.buffer)[0] ?? 0;
  const fd = system.socket(family, type | SOCK_CLOEXEC, 0);
  check("socket", fd);
  onTestFinished(() => void system.close(fd));
  set(fd, SO_REUSEADDR, 1);
  if (isShared) set(fd, SO_REUSEPORT, 1);
  check("bind", system.bind(fd, system.addressOf(address), address.length));
  return fd;
}

function set(fd: number, option: number, value: number): number {
  const memory = Uint32Array.of(value);
  return system.setsockopt(fd, SOL_SOCKET, option, system.addressOf(new Uint8Array(memory.buffer)), 4);
}

function get(fd: number, option: number): number {
  const memory = new Uint32Array(1);
  const length = Uint32Array.of(4);
  const addressOf = (words: Uint32Array) => system.addressOf(new Uint8Array(words.buffer));
  check("getsockopt", system.getsockopt(fd, SOL_SOCKET, option, addressOf(memory), addressOf(length)));
  return memory[0] ?? 0;
}

function check(call: string, result: number): void {
  if (result < 0) throw new Error(`${call} failed with ${system.errno()}`);
}

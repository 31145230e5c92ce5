import { createRequire } from "node:module";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { checkAbi, type StructCompiler } from "./abi.js";

/** Where memory lies: no number, as one so large would be made an object for every call that it is handed to. */
export type Address = bigint;

/** Handle of a descriptor that is watched. */
export interface Watch {
  /** Stops watching; to be called before the descriptor is closed. */
  close(): void;
}

/** The event loop of a thread, as it looks from one of its callbacks. */
export interface EventLoop {
  /** Can be polled: readable when something that it watches is ready. */
  readonly fd: number;
  /** Milliseconds until its next timer is due; 0 when something waits for the callback to return, below 0 without timers. */
  timeout(): number;
}

/**
 * The system calls that the engine makes. Addresses are those of memory that `addressOf` was asked about and that is still
 * referred to; numbers below zero are failures, of which `errno` tells, to be asked for at once.
 */
export interface System extends StructCompiler {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Address, length: number): number;
  connect(fd: number, address: Address, length: number): number;
  getsockname(fd: number, address: Address, length: Address): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, option: number, value: Address, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Address, length: Address): number;
  recvmmsg(fd: number, messages: Address, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, messages: Address, count: number, flags: number): number;
  poll(fds: Address, count: number, milliseconds: number): number;
  clock_gettime(clock: number, time: Address): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Address): number;
  /** Name of the last call's failure, such as "EAGAIN". */
  errno(): string;
  addressOf(memory: Uint8Array): Address;
  /** Calls back whenever there is something to read, from this thread's event loop. */
  watch(fd: number, onReadable: () => void): Watch;
  /** That of this thread; nothing where it cannot be found. */
  eventLoop(): EventLoop | undefined;
}

type Koffi = typeof import("koffi");

/** Where the engine is for: on others, structures and numbers of system calls are not those of `abi.ts`. */
const MACHINES = ["x64", "arm64"];

let loaded: System | undefined;

/**
 * The C library's own functions, through koffi: bound and checked once in a thread, for all its sockets.
 *
 * @throws {MesosDnsError} ENGINE_UNAVAILABLE where this is no Linux, koffi is not installed, or anything is not as expected
 */
export function loadSystem(): System {
  loaded ??= bindAndCheck();
  return loaded;
}

function bindAndCheck(): System {
  if (process.platform !== "linux" || !MACHINES.includes(process.arch)) {
    throw unavailable(
      `it is for Linux on ${MACHINES.join(" and ")}, and this is ${process.platform} on ${process.arch}`,
    );
  }
  let system: System;
  try {
    system = bindFunctions(createRequire(import.meta.url)("koffi") as Koffi);
  } catch (cause) {
    throw unavailable(`koffi cannot be loaded: ${messageOf(cause)}`, cause);
  }
  const problems = checkAbi(system);
  if (problems.length > 0) throw unavailable(`the C library is an unknown one: ${problems.join(", ")}`);
  return system;
}

function unavailable(why: string, cause?: unknown): MesosDnsError {
  return new MesosDnsError("ENGINE_UNAVAILABLE", `the batch engine cannot be used: ${why}`, { cause });
}

function bindFunctions(koffi: Koffi): System {
  const libc = koffi.load(null);
  // Of two names for one number the first in the alphabet, which makes "EAGAIN" of what is "EWOULDBLOCK" as well.
  const named = Object.entries(koffi.os.errno).sort(([a], [b]) => (a < b ? 1 : -1));
  const names = new Map(named.map(([name, number]) => [number, name]));
  return {
    socket: libc.func("int socket(int, int, int)"),
    bind: libc.func("int bind(int, uintptr_t, uint32_t)"),
    connect: libc.func("int connect(int, uintptr_t, uint32_t)"),
    getsockname: libc.func("int getsockname(int, uintptr_t, uintptr_t)"),
    close: libc.func("int close(int)"),
    setsockopt: libc.func("int setsockopt(int, int, int, uintptr_t, uint32_t)"),
    getsockopt: libc.func("int getsockopt(int, int, int, uintptr_t, uintptr_t)"),
    recvmmsg: libc.func("int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)"),
    sendmmsg: libc.func("int sendmmsg(int, uintptr_t, uint32_t, int)"),
    poll: libc.func("int poll(uintptr_t, unsigned long, int)"),
    clock_gettime: libc.func("int clock_gettime(int, uintptr_t)"),
    epoll_create1: libc.func("int epoll_create1(int)"),
    epoll_ctl: libc.func("int epoll_ctl(int, int, int, uintptr_t)"),
    errno: () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
    addressOf: (memory) => koffi.address(memory),
    watch: (fd, onReadable) => koffi.node.poll(fd, { readable: true }, onReadable),
    eventLoop: () => findEventLoop(libc),
    layoutOf: (members) => {
      const type = koffi.struct({ ...members });
      const offsets = Object.keys(members).map((member) => [member, koffi.offsetof(type, member)]);
      return { size: koffi.sizeof(type), offsets: Object.fromEntries(offsets) };
    },
  };
}

/** What Node.js offers to addons, under the names that its C++ compiler has given to functions. */
const CURRENT_ISOLATE = "_ZN2v87Isolate10GetCurrentEv";
const LOOP_OF_ISOLATE = "_ZN4node19GetCurrentEventLoopEPN2v87IsolateE";

function findEventLoop(program: ReturnType<Koffi["load"]>): EventLoop | undefined {
  try {
    const isolate = program.func(CURRENT_ISOLATE, "uintptr_t", [])();
    const loop = BigInt(program.func(LOOP_OF_ISOLATE, "uintptr_t", ["uintptr_t"])(isolate));
    const fd = program.func("int uv_backend_fd(uintptr_t)")(loop);
    const timeout = program.func("int uv_backend_timeout(uintptr_t)");
    return { fd, timeout: () => timeout(loop) };
  } catch {
    // A Node.js that was built without these names.
    return undefined;
  }
}

import { createRequire } from "node:module";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { checkAbi, type StructCompiler } from "./abi.js";

/** A memory address. No number: V8 would allocate one of this size for every call. */
export type Address = bigint;

/** Handle of a watched descriptor. */
export interface Watch {
  /** Stops watching. Must be called before the descriptor is closed. */
  close(): void;
}

/** The event loop of a thread, seen from one of its callbacks. */
export interface EventLoop {
  /** Descriptor to poll: readable when something that the event loop watches is ready. */
  readonly fd: number;
  /** Milliseconds until its next timer is due; 0 if something waits for the callback to return; below 0 if there is no timer. */
  timeout(): number;
}

/**
 * The system calls of the batch engine. Memory addresses come from `addressOf`, and their memory must still be referenced. A
 * result below zero is a failure; `errno` names it and must be called at once.
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
  madvise(address: Address, length: number, advice: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Address): number;
  /** Name of the last call's error, such as "EAGAIN". */
  errno(): string;
  addressOf(memory: Uint8Array): Address;
  /** Calls `onReadable` from this thread's event loop whenever there is something to read. */
  watch(fd: number, onReadable: () => void): Watch;
  /** The event loop of this thread; undefined if it cannot be found. */
  eventLoop(): EventLoop | undefined;
}

type Koffi = typeof import("koffi");

/** Machines that the engine supports. On others, structures and constants differ from those in `abi.ts`. */
const MACHINES = ["x64", "arm64"];

let loaded: System | undefined;

/**
 * The functions of the C library, through koffi. Bound and checked once in each thread.
 *
 * @throws {MesosDnsError} ENGINE_UNAVAILABLE if this is not Linux, koffi cannot be loaded, or the ABI is not that of `abi.ts`
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
  // Where two names have the same number, take the first in the alphabet: "EAGAIN", not "EWOULDBLOCK".
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
    madvise: libc.func("int madvise(uintptr_t, size_t, int)"),
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

/** Functions that Node.js offers to addons, by their mangled C++ names. */
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
    // This Node.js was built without these symbols.
    return undefined;
  }
}

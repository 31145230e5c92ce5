import { MesosDnsError } from "../../base/errors.js";
import { AF_INET, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM, SOCKADDR_IN } from "./abi.js";
import { Datagrams, socketAddress } from "./datagrams.js";
import type { System } from "./system.js";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const MESSAGES = 3;
const SIZE = 512;

/**
 * Tries the batch engine's system calls: sends a batch of datagrams to itself over the loopback interface and receives it. Fails,
 * for example, in a sandbox that forbids one of the calls.
 *
 * @throws {MesosDnsError} ENGINE_UNAVAILABLE
 */
export function tryOut(system: System): void {
  const fd = system.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failed("socket", system);
  try {
    const here = bindSomewhere(system, fd);
    const addressOf = (memory: Uint8Array) => system.addressOf(memory);
    const [out, back] = [
      new Datagrams(MESSAGES, SIZE, false, addressOf),
      new Datagrams(MESSAGES, SIZE, false, addressOf),
    ];
    for (let i = 0; i < MESSAGES; i++) {
      out.data[i].fill(i + 1);
      out.answerTo(i, SIZE - i, Uint32Array.of(here.length, 0, ...new Uint32Array(here.buffer)));
    }
    if (system.sendmmsg(fd, out.headers, MESSAGES, 0) !== MESSAGES) throw failed("sendmmsg", system);
    if (system.recvmmsg(fd, back.headers, MESSAGES, MSG_DONTWAIT, 0) !== MESSAGES) throw failed("recvmmsg", system);
    const port = (here[2] << 8) | here[3];
    for (let i = 0; i < MESSAGES; i++) {
      const isSame = back.length(i) === SIZE - i && back.data[i][0] === i + 1 && back.port(i) === port;
      if (!isSame || !back.isIntact) throw unavailable("datagrams that it sent to itself came back changed");
    }
  } finally {
    system.close(fd);
  }
}

function bindSomewhere(system: System, fd: number): Uint8Array {
  const address = socketAddress(LOOPBACK, 0);
  const at = system.addressOf(address);
  if (system.bind(fd, at, address.length) !== 0) throw failed("bind", system);
  const length = Uint32Array.of(SOCKADDR_IN.size);
  if (system.getsockname(fd, at, system.addressOf(new Uint8Array(length.buffer))) !== 0)
    throw failed("getsockname", system);
  return address;
}

function failed(call: string, system: System): MesosDnsError {
  return unavailable(`${call} failed with ${system.errno()}`);
}

function unavailable(why: string): MesosDnsError {
  return new MesosDnsError("ENGINE_UNAVAILABLE", `the batch engine cannot be used: ${why}`);
}

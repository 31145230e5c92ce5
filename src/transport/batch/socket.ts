import type { HostPort } from "../../base/host-port.js";
import { isWildcard } from "../../base/wildcards.js";
import {
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  MEMINFO,
  SO_MEMINFO,
  SO_RCVBUF,
  SOL_SOCKET,
} from "./abi.js";
import { socketAddress } from "./datagrams.js";
import { Descriptor } from "./descriptor.js";
import type { Address, System } from "./system.js";

/** Room for bursts while the thread does something else; the kernel grants up to net.core.rmem_max. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

export interface SocketOptions {
  readonly address: HostPort;
  /** A socket that is open already, and stays open for others when this one is closed. */
  readonly inherited: number | undefined;
  /** Leave IPv4 to another socket, where the address is "::". */
  readonly onlyIPv6: boolean;
}

/** A UDP socket at an address that other sockets of this process may have as well: the kernel spreads clients over them. */
export class UdpSocket {
  readonly fd: number;
  /** It has all addresses of the machine: answers have to say from which they leave. */
  readonly isWildcard: boolean;
  readonly #system: System;
  readonly #isInherited: boolean;
  readonly #descriptor: Descriptor;
  readonly #memory = new Uint32Array(MEMINFO.words);
  readonly #length = new Uint32Array(1);
  readonly #memoryAt: Address;
  readonly #lengthAt: Address;

  /** @throws {MesosDnsError} LISTEN_… */
  constructor(system: System, options: SocketOptions) {
    const { host } = options.address;
    this.#system = system;
    this.#isInherited = options.inherited !== undefined;
    this.#memoryAt = system.addressOf(octetsOf(this.#memory));
    this.#lengthAt = system.addressOf(octetsOf(this.#length));
    this.isWildcard = isWildcard(host);
    this.#descriptor = new Descriptor(system, { protocol: "UDP", ...options });
    this.fd = this.#descriptor.fd;
    try {
      if (!this.#isInherited) this.#descriptor.set(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
      this.#askForAddresses();
      if (!this.#isInherited) this.#descriptor.bind();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Datagrams so far for which there was no room when they came. */
  get drops(): number {
    this.#length[0] = this.#memory.byteLength;
    const result = this.#system.getsockopt(this.fd, SOL_SOCKET, SO_MEMINFO, this.#memoryAt, this.#lengthAt);
    return result === 0 ? this.#memory[MEMINFO.drops] : 0;
  }

  /**
   * Lets no more datagrams in, unless somebody else goes on to use the socket: what comes now goes to other sockets with this
   * address, and what is here already can still be read and answered. The kernel gives a connected socket only what its peer sends,
   * and this one's peer sends nothing.
   */
  seal(): void {
    if (this.#isInherited) return;
    const nobody = socketAddress(this.#descriptor.isIPv6 ? LOOPBACK_IPV6 : LOOPBACK_IPV4, DISCARD_PORT);
    this.#system.connect(this.fd, this.#system.addressOf(nobody), nobody.length);
  }

  close(): void {
    this.#descriptor.close();
  }

  /** Of a socket with all addresses, each datagram is to say which one it came to. */
  #askForAddresses(): void {
    if (!this.isWildcard) return;
    if (this.#descriptor.isIPv6) this.#descriptor.set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    else this.#descriptor.set(IPPROTO_IP, IP_PKTINFO, 1);
  }
}

const LOOPBACK_IPV4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_IPV6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
/** Where nobody is. */
const DISCARD_PORT = 9;

function octetsOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

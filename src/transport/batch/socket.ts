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

/** Receive buffer, in bytes, for bursts while the thread is busy. The kernel grants up to net.core.rmem_max. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

export interface SocketOptions {
  readonly address: HostPort;
  /** Descriptor of an inherited socket, which `close` leaves open; undefined if the socket is still to be opened. */
  readonly inherited: number | undefined;
  /** Whether a socket at "::" is for IPv6 only. */
  readonly onlyIPv6: boolean;
}

/** A UDP socket. Other threads may have sockets with the same address: the kernel distributes clients among them. */
export class UdpSocket {
  readonly fd: number;
  /** Whether it has all addresses of the machine: then each answer has to set the address that it leaves from. */
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

  /** Datagrams dropped so far, as the receive buffer was full. */
  get drops(): number {
    this.#length[0] = this.#memory.byteLength;
    const result = this.#system.getsockopt(this.fd, SOL_SOCKET, SO_MEMINFO, this.#memoryAt, this.#lengthAt);
    return result === 0 ? this.#memory[MEMINFO.drops] : 0;
  }

  /**
   * Stops receiving: new datagrams go to other sockets with this address. What is in the receive buffer can still be read and
   * answered. Does so by connecting the socket to a peer that sends nothing: the kernel gives a connected socket only what its
   * peer sends. Does nothing for an inherited socket, which the next process uses.
   */
  seal(): void {
    if (this.#isInherited) return;
    const nobody = socketAddress(this.#descriptor.isIPv6 ? LOOPBACK_IPV6 : LOOPBACK_IPV4, DISCARD_PORT);
    this.#system.connect(this.fd, this.#system.addressOf(nobody), nobody.length);
  }

  close(): void {
    this.#descriptor.close();
  }

  /** Makes the kernel tell for each datagram which address was asked, on a wildcard socket. */
  #askForAddresses(): void {
    if (!this.isWildcard) return;
    if (this.#descriptor.isIPv6) this.#descriptor.set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    else this.#descriptor.set(IPPROTO_IP, IP_PKTINFO, 1);
  }
}

const LOOPBACK_IPV4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_IPV6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
/** The discard port (RFC 863), which never sends anything. */
const DISCARD_PORT = 9;

function octetsOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

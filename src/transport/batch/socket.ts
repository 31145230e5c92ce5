import type { HostPort } from "../../config/config.js";
import { parseAddress } from "../../records/addresses.js";
import { listenError } from "../listen-error.js";
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  MEMINFO,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./abi.js";
import { socketAddress } from "./datagrams.js";
import type { System } from "./system.js";

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
  readonly #options: SocketOptions;
  readonly #octets: Uint8Array;
  readonly #value = new Uint32Array(MEMINFO.words);
  readonly #length = new Uint32Array(1);
  readonly #valueAt: number;
  readonly #lengthAt: number;

  /** @throws {MesosDnsError} LISTEN_… */
  constructor(system: System, options: SocketOptions) {
    const { host } = options.address;
    this.#octets = parseAddress(host)?.octets ?? LOOPBACK_IPV4;
    const isIPv6 = this.#isIPv6;
    this.#system = system;
    this.#options = options;
    this.#valueAt = system.addressOf(octetsOf(this.#value));
    this.#lengthAt = system.addressOf(octetsOf(this.#length));
    this.isWildcard = host === "0.0.0.0" || host === "::";
    this.fd = this.#open(isIPv6);
    try {
      if (options.inherited === undefined) this.#prepare(isIPv6);
      this.#askForAddresses(isIPv6);
      if (options.inherited === undefined) this.#bind();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Datagrams so far for which there was no room when they came. */
  get drops(): number {
    this.#length[0] = this.#value.byteLength;
    const result = this.#system.getsockopt(this.fd, SOL_SOCKET, SO_MEMINFO, this.#valueAt, this.#lengthAt);
    return result === 0 ? this.#value[MEMINFO.drops] : 0;
  }

  /**
   * Lets no more datagrams in, unless somebody else goes on to use the socket: what comes now goes to other sockets with this address, and what is here already can still be
   * read and answered. The kernel gives a connected socket only what its peer sends, and this one's peer sends nothing.
   */
  seal(): void {
    if (this.#options.inherited !== undefined) return;
    const nobody = socketAddress(this.#isIPv6 ? LOOPBACK_IPV6 : LOOPBACK_IPV4, DISCARD_PORT);
    this.#system.connect(this.fd, this.#system.addressOf(nobody), nobody.length);
  }

  close(): void {
    this.#system.close(this.fd);
  }

  get #isIPv6(): boolean {
    return this.#octets.length === 16;
  }

  #open(isIPv6: boolean): number {
    const { inherited } = this.#options;
    const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd =
      inherited === undefined ? this.#system.socket(isIPv6 ? AF_INET6 : AF_INET, type, 0) : this.#system.dup(inherited);
    if (fd < 0) throw this.#error(inherited === undefined ? "socket" : "dup");
    return fd;
  }

  #prepare(isIPv6: boolean): void {
    this.#set(SOL_SOCKET, SO_REUSEPORT, 1);
    this.#set(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    if (isIPv6) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, this.#options.onlyIPv6 ? 1 : 0);
  }

  /** Of a socket with all addresses, each datagram is to say which one it came to. */
  #askForAddresses(isIPv6: boolean): void {
    if (!this.isWildcard) return;
    if (isIPv6) this.#set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    else this.#set(IPPROTO_IP, IP_PKTINFO, 1);
  }

  #bind(): void {
    const address = socketAddress(this.#octets, this.#options.address.port);
    if (this.#system.bind(this.fd, this.#system.addressOf(address), address.length) !== 0) throw this.#error("bind");
  }

  #set(level: number, option: number, value: number): void {
    this.#value[0] = value;
    if (this.#system.setsockopt(this.fd, level, option, this.#valueAt, 4) !== 0) throw this.#error("setsockopt");
  }

  #error(call: string): Error {
    const code = this.#system.errno();
    const { host, port } = this.#options.address;
    return listenError(Object.assign(new Error(`${call} failed with ${code}`), { code }), "UDP", host, port);
  }
}

const LOOPBACK_IPV4 = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_IPV6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
/** Where nobody is. */
const DISCARD_PORT = 9;

function octetsOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

import { networkInterfaces } from "node:os";
import { octetsOf, parseAddress } from "../../base/addresses.js";
import type { HostPort } from "../../base/host-port.js";
import { listenError } from "../listen-error.js";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./abi.js";
import { socketAddress } from "./datagrams.js";
import type { System } from "./system.js";

export interface DescriptorOptions {
  readonly protocol: "UDP" | "TCP";
  readonly address: HostPort;
  /** Descriptor of an inherited socket, which `close` leaves open; undefined if the socket is still to be opened. */
  readonly inherited: number | undefined;
  /** Whether a socket at "::" is for IPv6 only. */
  readonly onlyIPv6: boolean;
}

/** A socket opened by system calls. Failures become `MesosDnsError`s. */
export class Descriptor {
  readonly fd: number;
  readonly isIPv6: boolean;
  readonly #system: System;
  readonly #options: DescriptorOptions;
  readonly #octets: Uint8Array;
  /** Interface number of a link-local address; 0 for an address without a zone index, NaN for an unknown interface. */
  readonly #scope: number;
  readonly #value = new Uint32Array(1);

  /** @throws {MesosDnsError} LISTEN_FAILED */
  constructor(system: System, options: DescriptorOptions) {
    this.#system = system;
    this.#options = options;
    const [host, zone] = options.address.host.split("%");
    const address = parseAddress(host);
    if (address === undefined) throw this.#noSuchAddress();
    this.#octets = octetsOf(address);
    this.#scope = zone === undefined ? 0 : scopeOf(zone);
    this.isIPv6 = this.#octets.length === 16;
    this.fd = options.inherited ?? this.#open();
  }

  /**
   * Binds the socket. Other sockets may share the address: those of other threads, and those of a process of the same user that
   * takes over from this one.
   *
   * @throws {MesosDnsError} LISTEN_…
   */
  bind(): void {
    this.set(SOL_SOCKET, SO_REUSEPORT, 1);
    // Connections closed by an earlier process block the address for a minute (TIME_WAIT).
    if (this.#options.protocol === "TCP") this.set(SOL_SOCKET, SO_REUSEADDR, 1);
    if (this.isIPv6) this.set(IPPROTO_IPV6, IPV6_V6ONLY, this.#options.onlyIPv6 ? 1 : 0);
    // The interface of the zone index does not exist.
    if (Number.isNaN(this.#scope)) throw this.#noSuchAddress();
    const address = socketAddress(this.#octets, this.#options.address.port, this.#scope);
    if (this.#system.bind(this.fd, this.#system.addressOf(address), address.length) !== 0) throw this.#error("bind");
  }

  /** Sets an option to a number. @throws {MesosDnsError} LISTEN_FAILED */
  set(level: number, option: number, value: number): void {
    this.#value[0] = value;
    const at = this.#system.addressOf(new Uint8Array(this.#value.buffer));
    if (this.#system.setsockopt(this.fd, level, option, at, 4) !== 0) throw this.#error("setsockopt");
  }

  close(): void {
    if (this.#options.inherited === undefined) this.#system.close(this.fd);
  }

  #open(): number {
    const type = this.#options.protocol === "UDP" ? SOCK_DGRAM : SOCK_STREAM;
    const fd = this.#system.socket(this.isIPv6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw this.#error("socket");
    return fd;
  }

  #noSuchAddress(): Error {
    return this.#failure(Object.assign(new Error("no such address"), { code: "EADDRNOTAVAIL" }));
  }

  #error(call: string): Error {
    const code = this.#system.errno();
    return this.#failure(Object.assign(new Error(`${call} failed with ${code}`), { code }));
  }

  #failure(error: Error): Error {
    const { protocol, address } = this.#options;
    return listenError(error, protocol, address.host, address.port);
  }
}

/** The interface number of a zone index (RFC 4007 §11); NaN if there is no such interface. */
function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  return (
    networkInterfaces()
      [zone]?.map((own) => (own.family === "IPv6" ? own.scopeid : 0))
      .find(Boolean) ?? Number.NaN
  );
}

/** Makes a bound TCP socket that does not listen yet. @returns its descriptor @throws {MesosDnsError} LISTEN_… */
export function bindStream(system: System, address: HostPort, onlyIPv6: boolean): number {
  const descriptor = new Descriptor(system, { protocol: "TCP", address, onlyIPv6, inherited: undefined });
  try {
    descriptor.bind();
  } catch (error) {
    descriptor.close();
    throw error;
  }
  return descriptor.fd;
}

import { expect, test } from "vitest";
import type { InheritedSocket } from "../../../src/transport/inherited.js";
import { type Kind, listenAddressesOf } from "../../../src/transport/listen-addresses.js";

const config = { listener: ["192.0.2.1", "::1"], port: 53, tlsPort: 853 };
const socket = (fd: number, protocol: "udp" | "tcp", port: number): InheritedSocket => {
  return { fd, protocol, host: "192.0.2.2", port };
};
const BOTH = [socket(3, "udp", 53), socket(4, "tcp", 53)];
const ALL = [...BOTH, socket(5, "tcp", 853)];

/** Each listen address as text, with its descriptor if it is inherited. */
function places(kind: Kind, sockets: readonly InheritedSocket[], secure = true, tlsPort = config.tlsPort): string[] {
  const found = listenAddressesOf(kind, { config: { ...config, tlsPort }, sockets, secure });
  return found.map(({ address: { host, port }, inherited = "new" }) => `${host} ${port} ${inherited}`);
}

test("without inherited sockets, every listener has an address of each kind", () => {
  expect(places("udp", [])).toEqual(["192.0.2.1 53 new", "::1 53 new"]);
  expect(places("tcp", [])).toEqual(["192.0.2.1 53 new", "::1 53 new"]);
  expect(places("tls", [])).toEqual(["192.0.2.1 853 new", "::1 853 new"]);
});

test("inherited sockets replace the configured listeners of their kind only", () => {
  expect(places("udp", BOTH)).toEqual(["192.0.2.2 53 3"]);
  expect(places("tcp", BOTH)).toEqual(["192.0.2.2 53 4"]);
  expect(places("tls", BOTH)).toEqual(["192.0.2.1 853 new", "::1 853 new"]);
});

test("an inherited TCP socket with the TLS port is for TLS", () => {
  expect(places("tcp", ALL)).toEqual(["192.0.2.2 53 4"]);
  expect(places("tls", ALL)).toEqual(["192.0.2.2 853 5"]);
});

test("without a certificate, or with TLS port 0, there is no listener for TLS", () => {
  expect(places("tls", ALL, false)).toEqual([]);
  expect(places("tls", ALL, true, 0)).toEqual([]);
  expect(places("tcp", ALL, false)).toEqual(["192.0.2.2 53 4", "192.0.2.2 853 5"]);
});

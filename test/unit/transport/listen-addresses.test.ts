import { expect, test } from "vitest";
import type { InheritedSocket } from "../../../src/transport/inherited.js";
import { type Kind, listenAddressesOf } from "../../../src/transport/listen-addresses.js";

const config = { listener: ["192.0.2.1", "::1"], port: 53, tlsPort: 853 };
const socket = (fd: number, protocol: "udp" | "tcp", port: number): InheritedSocket => {
  return { fd, protocol, host: "192.0.2.2", port };
};
const BOTH = [socket(3, "udp", 53), socket(4, "tcp", 53)];
const ALL = [...BOTH, socket(5, "tcp", 853)];

/** Each place as text, with its descriptor where there is one already. */
function places(kind: Kind, sockets: readonly InheritedSocket[], secure = true, tlsPort = config.tlsPort): string[] {
  const found = listenAddressesOf(kind, { config: { ...config, tlsPort }, sockets, secure });
  return found.map(({ address: { host, port }, inherited = "new" }) => `${host} ${port} ${inherited}`);
}

test("without open sockets every listener has one of each kind", () => {
  expect(places("udp", [])).toEqual(["192.0.2.1 53 new", "::1 53 new"]);
  expect(places("tcp", [])).toEqual(["192.0.2.1 53 new", "::1 53 new"]);
  expect(places("tls", [])).toEqual(["192.0.2.1 853 new", "::1 853 new"]);
});

test("open sockets stand for those of their kind, and for no others", () => {
  expect(places("udp", BOTH)).toEqual(["192.0.2.2 53 3"]);
  expect(places("tcp", BOTH)).toEqual(["192.0.2.2 53 4"]);
  expect(places("tls", BOTH)).toEqual(["192.0.2.1 853 new", "::1 853 new"]);
});

test("an open TCP socket with TLS' port is for TLS", () => {
  expect(places("tcp", ALL)).toEqual(["192.0.2.2 53 4"]);
  expect(places("tls", ALL)).toEqual(["192.0.2.2 853 5"]);
});

test("without a certificate, or with the port 0, nothing is for TLS", () => {
  expect(places("tls", ALL, false)).toEqual([]);
  expect(places("tls", ALL, true, 0)).toEqual([]);
  expect(places("tcp", ALL, false)).toEqual(["192.0.2.2 53 4", "192.0.2.2 853 5"]);
});

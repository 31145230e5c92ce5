import { expect, test } from "vitest";
import { listenError } from "../../../src/transport/listen-error.js";

function failure(code: string): Error {
  return Object.assign(new Error(`bind ${code}`), { code });
}

test.each([
  ["EADDRINUSE", "LISTEN_ADDRESS_IN_USE", "UDP 192.0.2.1:53 is in use: stop what listens there"],
  ["EACCES", "LISTEN_PERMISSION", "no permission for UDP 192.0.2.1:53: give the process CAP_NET_BIND_SERVICE"],
  ["EADDRNOTAVAIL", "LISTEN_FAILED", "UDP 192.0.2.1:53 is not an address of this machine"],
  ["ENOBUFS", "LISTEN_FAILED", "cannot listen on UDP 192.0.2.1:53: bind ENOBUFS"],
])("the error for %s says in one sentence where it happened and what to do", (code, expected, sentence) => {
  const error = listenError(failure(code), "UDP", "192.0.2.1", 53);
  expect([error.code, error.message]).toEqual([expected, expect.stringContaining(sentence)]);
  expect(error.message).not.toContain("\n");
});

test("an address of another machine is reported with the key that names it", () => {
  const messageFor = (protocol: "UDP" | "HTTP") =>
    listenError(failure("EADDRNOTAVAIL"), protocol, "192.0.2.1", 53).message;
  expect(messageFor("UDP")).toMatch(/: change listener$/);
  expect(messageFor("HTTP")).toMatch(/: change httplistener$/);
});

test("IPv6 addresses are in brackets", () => {
  expect(listenError(failure("EACCES"), "TCP", "2001:db8::1", 53).message).toContain("TCP [2001:db8::1]:53");
});

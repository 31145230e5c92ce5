import { constants } from "node:os";
import { expect, test } from "vitest";
import { reasonOf, tlsReasonOf } from "../../../src/forward/reason.js";

const error = (properties: object) => Object.assign(new Error("something else"), properties);

test("the reason for a system error is the system's text", () => {
  expect(reasonOf(error({ code: "EHOSTUNREACH", errno: -constants.errno.EHOSTUNREACH }))).toBe("host is unreachable");
  expect(reasonOf(error({ code: "ENETUNREACH", errno: -constants.errno.ENETUNREACH }))).toBe("network is unreachable");
});

test("the reason for a TLS error does not have OpenSSL's source lines", () => {
  const alert = error({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", reason: "tlsv1 alert protocol version" });
  expect(tlsReasonOf(alert, "dns.example")).toBe("TLS failed: tlsv1 alert protocol version");
});

test.each([
  ["CERT_HAS_EXPIRED", "the certificate has expired"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is not for dns.example"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "no known authority has signed the certificate"],
])("the reason for the certificate error %s is in plain words", (code, reason) =>
  expect(tlsReasonOf(error({ code }), "dns.example")).toBe(reason),
);

test("the reason for any other error is its message", () => {
  expect(reasonOf(error({}))).toBe("something else");
  expect(tlsReasonOf(error({ code: "CERT_REVOKED" }), "dns.example")).toBe("something else");
});

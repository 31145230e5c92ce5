import { constants } from "node:os";
import { expect, test } from "vitest";
import { reasonOf, tlsReasonOf } from "../../../src/forward/reason.js";

const error = (properties: object) => Object.assign(new Error("something else"), properties);

test("a system's error is told in the system's words", () => {
  expect(reasonOf(error({ code: "EHOSTUNREACH", errno: -constants.errno.EHOSTUNREACH }))).toBe("host is unreachable");
  expect(reasonOf(error({ code: "ENETUNREACH", errno: -constants.errno.ENETUNREACH }))).toBe("network is unreachable");
});

test("TLS' errors are told without OpenSSL's source lines", () => {
  const alert = error({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", reason: "tlsv1 alert protocol version" });
  expect(tlsReasonOf(alert, "dns.example")).toBe("TLS failed: tlsv1 alert protocol version");
});

test.each([
  ["CERT_HAS_EXPIRED", "the certificate has expired"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is not for dns.example"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "no known authority has signed the certificate"],
])("of certificates, %s", (code, reason) => expect(tlsReasonOf(error({ code }), "dns.example")).toBe(reason));

test("any other error is told in its own words", () => {
  expect(reasonOf(error({}))).toBe("something else");
  expect(tlsReasonOf(error({ code: "CERT_REVOKED" }), "dns.example")).toBe("something else");
});

import { printable } from "../base/printable.js";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["EPIPE", "connection closed"],
  ["EHOSTUNREACH", "host unreachable"],
  ["ENETUNREACH", "network unreachable"],
  ["ETIMEDOUT", "connecting timed out"],
  ["EADDRNOTAVAIL", "the source address is not one of this machine"],
  ["EINVAL", "the source address cannot reach the target"],
  ["EACCES", "connecting is not permitted on this machine"],
  ["EMFILE", "this server has no file descriptors left"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate not trusted: self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "certificate not trusted: self-signed authority"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "certificate not trusted: unknown authority"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "certificate not trusted: unknown authority"],
  ["CERT_HAS_EXPIRED", "certificate expired"],
  ["CERT_NOT_YET_VALID", "certificate not yet valid"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "certificate is for another name"],
  ["EPROTO", "no TLS: the target speaks something else"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "no TLS: the target speaks something else"],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", "no TLS: the target speaks something else"],
  ["HPE_HEADER_OVERFLOW", "response headers are too large"],
]);

const MAX_LENGTH = 160;

/** Why a check failed, in words that fit on a line. What a target sends may be in the error's message. */
export function reasonFor(error: NodeJS.ErrnoException): string {
  const { code = "", message } = error;
  const known = REASONS.get(code);
  if (known !== undefined) return known;
  if (code.startsWith("HPE_")) return "no HTTP response";
  const readable = printable(message).slice(0, MAX_LENGTH);
  return readable === "" ? code : readable;
}

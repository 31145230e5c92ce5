import { getSystemErrorMap } from "node:util";

/** OpenSSL's codes for a certificate that no trusted authority has signed. */
const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const SYSTEM_ERRORS = getSystemErrorMap();

/** Why a socket failed, in a few words, for a message that names the upstream. */
export function reasonOf(error: NodeJS.ErrnoException & { readonly reason?: unknown }): string {
  const { code = "", errno = 0, reason, message } = error;
  if (code.startsWith("ERR_SSL_") && typeof reason === "string") return `TLS failed: ${reason}`;
  return SYSTEM_ERRORS.get(errno)?.[1] ?? message;
}

/**
 * Why a TLS connection failed, in a few words.
 *
 * @param name that the upstream's certificate has to be for
 */
export function tlsReasonOf(error: NodeJS.ErrnoException, name: string): string {
  const { code = "" } = error;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `the certificate is not for ${name}`;
  if (UNKNOWN_AUTHORITY.has(code)) return "no known authority has signed the certificate";
  if (code === "CERT_HAS_EXPIRED") return "the certificate has expired";
  return reasonOf(error);
}

import { messageOf } from "../../base/errors.js";

/** Explanations of network error codes. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was reset",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ENOTFOUND: "its host name does not resolve",
  EAI_AGAIN: "its host name does not resolve at the moment",
  UND_ERR_CONNECT_TIMEOUT: "it did not accept the connection in time",
  UND_ERR_SOCKET: "it closed the connection before the end of its answer",
};

/** Error codes of node:tls about certificates. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

/** Explains a network error in a clause. */
export function networkReason(error: unknown): string {
  const code = networkCode(error);
  return REASONS[code] ?? (messageOf(error) || code);
}

/** Whether a request has failed of the other side's certificate. */
export function isOfCertificate(error: unknown): boolean {
  return CERTIFICATE.test(networkCode(error));
}

/** Its code, of the system or of undici; "" if it has none. */
export function networkCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

import { MesosDnsError, messageOf } from "../../base/errors.js";

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

/**
 * The MesosDnsError for an error of any kind that a request for a state threw. `who` names the master; `timeoutSeconds` is
 * set only if the time limit for the whole fetch was reached.
 */
export function explainFailure(error: unknown, who: string, timeoutSeconds: number | undefined): MesosDnsError {
  if (error instanceof MesosDnsError) return error;
  if (timeoutSeconds !== undefined) {
    return new MesosDnsError("MASTER_TIMEOUT", `${who} did not deliver its state within ${timeoutSeconds} s`);
  }
  const code = codeOf(error);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new MesosDnsError("MASTER_TIMEOUT", `${who} fell silent before the end of its answer`, { cause: error });
  }
  if (code.startsWith("Z_")) {
    const message = `the state of ${who} is not valid gzip: ${messageOf(error)}`;
    return new MesosDnsError("STATE_INVALID", message, { cause: error });
  }
  return new MesosDnsError("MASTER_UNREACHABLE", `cannot reach ${who}: ${reasonOf(error, code)}`, { cause: error });
}

/** Explains a network error in a clause. */
export function networkReason(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (messageOf(error) || code);
}

function reasonOf(error: unknown, code: string): string {
  const reason = networkReason(error);
  if (CERTIFICATE.test(code)) return `its certificate is not accepted (${reason}); check CACertFile`;
  return reason;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isOfCertificate, networkCode, networkReason } from "../http/reasons.js";

/**
 * The MesosDnsError for an error of any kind that a request for a state threw. `who` names the master; `timeoutSeconds` is
 * set only if the time limit for the whole fetch was reached.
 */
export function explainFailure(error: unknown, who: string, timeoutSeconds: number | undefined): MesosDnsError {
  if (error instanceof MesosDnsError) return error;
  if (timeoutSeconds !== undefined) {
    return new MesosDnsError("MASTER_TIMEOUT", `${who} did not deliver its state within ${timeoutSeconds} s`);
  }
  const code = networkCode(error);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new MesosDnsError("MASTER_TIMEOUT", `${who} fell silent before the end of its answer`, { cause: error });
  }
  if (code.startsWith("Z_")) {
    const message = `the state of ${who} is not valid gzip: ${messageOf(error)}`;
    return new MesosDnsError("STATE_INVALID", message, { cause: error });
  }
  return new MesosDnsError("MASTER_UNREACHABLE", `cannot reach ${who}: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  const reason = networkReason(error);
  if (isOfCertificate(error)) return `its certificate is not accepted (${reason}); check CACertFile`;
  return reason;
}

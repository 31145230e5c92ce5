import type { Readable } from "node:stream";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, listOf, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import { isOfCertificate, networkCode, networkReason } from "../http/reasons.js";

/** Of the body of an error, in octets and in characters of what is quoted. */
const MAX_ERROR_BODY = 16_384;
const MAX_QUOTED = 500;

const ADVICE: Readonly<Record<number, string>> = {
  401: "; check the credentials",
  403: "; its user may not do this",
  404: "; is it a Marathon?",
  503: ": it knows no leader yet",
};

/** The MesosDnsError for an error of any kind that a request threw. @param late whether time was up */
export function explainFailure(error: unknown, who: string, late: number | undefined): MesosDnsError {
  if (error instanceof MesosDnsError) return error;
  const away = (why: string) => new MesosDnsError("MARATHON_UNREACHABLE", `${who} ${why}`, { cause: error });
  if (late !== undefined) return away(`did not answer within ${late / 1000} s`);
  const code = networkCode(error);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") return away("fell silent");
  if (code.startsWith("Z_"))
    return new MesosDnsError("MARATHON_INVALID", `${who}: its answer is not valid gzip: ${messageOf(error)}`);
  const reason = networkReason(error);
  if (isOfCertificate(error)) return away(`cannot be asked: its certificate is not accepted (${reason}); check caFile`);
  return away(`cannot be reached: ${reason}`);
}

/** The error for a response that is neither 200 nor a redirect, with what Marathon says in it. */
export async function refusal(who: string, status: number, body: Readable): Promise<MesosDnsError> {
  const said = await messageIn(body).catch(() => "");
  const quoted = said === "" ? "" : ` (${printable(said.slice(0, MAX_QUOTED))})`;
  // A Marathon says what it is that is not there.
  const advice = status === 404 && said !== "" ? "" : (ADVICE[status] ?? "");
  return new MesosDnsError("MARATHON_STATUS", `${who} answered ${status}${quoted}${advice}`);
}

/** Errors are `{"message": …}`; of an app that is not taken also `{"details": [{"path": …, "errors": […]}]}`. */
async function messageIn(body: Readable): Promise<string> {
  let text = "";
  for await (const piece of body.setEncoding("utf8")) {
    text += piece;
    if (text.length > MAX_ERROR_BODY) return "";
  }
  const fields: unknown = JSON.parse(text);
  if (!isObject(fields)) return "";
  const details = listOf(fields.details).filter(isObject);
  const faults = details.map(({ path, errors }) => `${textOf(path)} ${listOf(errors).map(textOf).join(", ")}`);
  return [textOf(fields.message), ...faults].join("; ");
}

/** A single failure is returned as it is. For several, the code is that of the first which is more than a node that is away. */
export function summaryOf(failures: readonly MesosDnsError[]): MesosDnsError {
  const [first] = failures;
  if (first === undefined) return new MesosDnsError("MARATHON_UNREACHABLE", "no Marathon is known: give urls");
  if (failures.length === 1) return first;
  const telling = failures.find(({ code }) => code !== "MARATHON_UNREACHABLE") ?? first;
  return new MesosDnsError(telling.code, failures.map(({ message }) => message).join("; "));
}

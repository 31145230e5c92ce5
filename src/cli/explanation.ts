import { MesosDnsError } from "../base/errors.js";
import { isObject, listOf, textOf } from "../base/lenient.js";
import { printable } from "../base/printable.js";
import { loadConfig } from "../config/load.js";
import type { ExplainBasis } from "../explain/basis.js";
import { explain } from "../explain/explain.js";
import type { Finding } from "../explain/finding.js";
import { withRecordsFile } from "../process/records-file.js";
import { explainable } from "../threads/explainable.js";
import { askApi } from "./api.js";
import { loadOptions } from "./configuration.js";
import { buildOffline } from "./offline.js";

const ANSWER_MS = 60_000;

export type Printed = Pick<Finding, "text"> & { readonly reason: string };

/** What the server at this URL says of a question. @throws {MesosDnsError} SERVER_UNREACHABLE */
export async function ofServer(url: string, question: string, client: string | undefined): Promise<readonly Printed[]> {
  const query = new URLSearchParams({ q: question, ...(client !== undefined && { client }) });
  const place = `${url}/v1/explain?${query}`;
  const failed = (why: string) =>
    new MesosDnsError(
      "SERVER_UNREACHABLE",
      `no explanation from ${url}: ${why}; --server URL says where the server's httpport is, --state FILE explains a saved state`,
    );
  const body = await askApi(place, { ms: ANSWER_MS }).catch((error: Error) => {
    throw failed(error.message);
  });
  return listOf(body.findings).map((each) => {
    const { reason, text } = isObject(each) ? each : {};
    return { reason: textOf(reason), text: printable(textOf(text)) };
  });
}

/** What there is to explain of a saved state. @throws {MesosDnsError} what reading a configuration or a state throws */
export async function offlineBasis(file: string, configFile: string | undefined): Promise<ExplainBasis> {
  const config = withRecordsFile(loadConfig(loadOptions(configFile, false)).config);
  const { builder } = await buildOffline(file, config);
  const basis = explainable(builder, { isReported: () => undefined });
  if (!basis) throw new MesosDnsError("INTERNAL", "a first build gave no zone");
  return basis;
}

export function explainOffline(basis: ExplainBasis, question: string): readonly Finding[] {
  const work = explain(question, basis);
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}

import type { Address } from "../base/addresses.js";
import type { AnswerConfig, ForwardConfig } from "../config/config.js";
import { isInZone } from "../config/names.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import type { UpstreamReport } from "../forward/report.js";
import { encodeName } from "../wire/names.js";
import type { Finding } from "./finding.js";
import { explainOutside } from "./outside.js";
import { readQuestion } from "./question.js";
import { explainClient, explainState, type ServerState } from "./server.js";

/** What a server knows beside its zones. */
export interface ServerSide {
  readonly question: string;
  readonly client: Address | undefined;
  readonly config: ForwardConfig & AnswerConfig;
  /** The apexes of its zones. */
  readonly zones: readonly string[];
  readonly upstreams: Readonly<Record<string, UpstreamReport>>;
  /** The answers of upstreams to a name that are cached. @param name lower-case wire form as latin1 */
  readonly cached: (name: string) => Promise<readonly CachedAnswer[]>;
  readonly state: ServerState;
}

/** The findings of the zones, with what the whole server does. */
export async function explainWith(findings: readonly Finding[], side: ServerSide): Promise<readonly Finding[]> {
  const { question, client, config, upstreams, state } = side;
  const { name } = readQuestion(question);
  const reasons = new Set(findings.map(({ reason }) => reason));
  const isOurs = reasons.has("in_zone");
  // Before the first state nothing is known of the cluster, but which zones there are.
  const isInZones = name !== undefined && side.zones.some((zone) => isInZone(name, zone));
  const isOutside = name !== undefined && !isOurs && !reasons.has("task") && !(reasons.has("not_ready") && isInZones);
  const cached = isOutside ? await side.cached(Buffer.from(encodeName(name)).toString("latin1")) : [];
  return [
    ...(client && name !== undefined ? explainClient(client, isOurs, config) : []),
    ...explainState(state),
    ...(isOutside ? explainOutside(name, { config, upstreams, cached }) : []),
    ...(isOutside && reasons.has("not_ready") ? [] : findings),
  ];
}

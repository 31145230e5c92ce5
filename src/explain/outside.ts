import { FORWARD } from "../answer/answer.js";
import { LocalNames } from "../answer/local-names.js";
import { formatResolver } from "../base/host-port.js";
import type { AnswerConfig, ForwardConfig } from "../config/config.js";
import { isInZone } from "../config/names.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import type { UpstreamReport } from "../forward/report.js";
import { rcodeName, typeName } from "../wire/protocol.js";
import { Snapshot } from "../zone/snapshot.js";
import { type Finding, finding } from "./finding.js";
import { counted, listed, shown } from "./words.js";
import { ZoneAsker } from "./zone-answer.js";

export interface Forwarding {
  readonly config: Pick<ForwardConfig, "resolvers" | "zoneResolvers"> & Pick<AnswerConfig, "externalon">;
  /** By resolver, in the configuration's notation; absent where nothing runs. */
  readonly upstreams?: Readonly<Record<string, UpstreamReport>> | undefined;
  /** Absent where nothing runs. */
  readonly cached?: readonly CachedAnswer[] | undefined;
}

/** What becomes of a query for a name that is in no zone of this server. @param name lower case, without the final dot */
export function explainOutside(name: string, { config, upstreams, cached }: Forwarding): readonly Finding[] {
  if (!config.externalon) {
    const text = `${shown(name)} is in no zone of this server, and externalon is false: the answer is REFUSED.`;
    return [finding("not_forwarded", text)];
  }
  if (isLocal(name, Object.keys(config.zoneResolvers))) {
    const text = `${shown(name)} never leaves this server, as it means nothing elsewhere (RFC 6303, 6761, 7686): it is answered here.`;
    return [finding("local_name", text)];
  }
  const [zone, resolvers] = resolversOf(name, config);
  const names = resolvers.map(formatResolver);
  const whose = zone === "" ? "resolvers" : `zoneResolvers for ${zone}`;
  const to = names.length === 0 ? "nobody: there is none, so the answer is SERVFAIL" : listed(names);
  return [
    finding("forwarded", `${shown(name)} is in no zone of this server, and is forwarded to ${whose}: ${to}.`),
    ...names.flatMap((each) => resolverOf(each, upstreams?.[each])),
    ...(cached ? cacheOf(name, cached) : []),
  ];
}

function isLocal(name: string, elsewhere: readonly string[]): boolean {
  const policy = { forwarding: true, localNames: new LocalNames(elsewhere, "explain") };
  return new ZoneAsker(Snapshot.empty([]), policy).outcome(name) !== FORWARD;
}

function resolversOf(name: string, { resolvers, zoneResolvers }: Forwarding["config"]) {
  const zones = Object.entries(zoneResolvers).filter(([zone]) => isInZone(name, zone));
  return zones.reduce((longest, each) => (each[0].length > longest[0].length ? each : longest), [
    "",
    resolvers,
  ] as const);
}

function resolverOf(name: string, report: UpstreamReport | undefined): readonly Finding[] {
  if (!report) return [];
  const { health, roundTripSeconds, lastFailure } = report;
  const time =
    roundTripSeconds === undefined
      ? "no answer of it has been counted yet"
      : `it answers in ${Math.round(roundTripSeconds * 1000)} ms`;
  const failure = lastFailure === "" ? "" : `; its last failure: ${shown(lastFailure)}`;
  return [finding("resolver", `${name} is ${health}: ${time}${failure}.`)];
}

function cacheOf(name: string, cached: readonly CachedAnswer[]): readonly Finding[] {
  if (cached.length === 0) return [finding("not_cached", `No answer for ${shown(name)} is in the cache.`)];
  return cached.map(({ type, rcode, answers, secondsLeft }) => {
    const until =
      secondsLeft >= 0
        ? `for ${secondsLeft} s more`
        : `and was to be fetched again ${-secondsLeft} s ago; it counts only if no resolver answers`;
    const what = `${rcodeName(rcode) ?? rcode} with ${counted(answers, "record")}`;
    return finding("cached", `${typeName(type)} of ${shown(name)} is cached (${what}), ${until}.`);
  });
}

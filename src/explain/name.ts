import { consulZones } from "../config/consul.js";
import { isInZone } from "../config/names.js";
import { isReserved } from "../config/reserved-names.js";
import { SCATTERED } from "../views/zone-spec.js";
import { RCODE } from "../wire/protocol.js";
import type { ExplainBasis } from "./basis.js";
import { explainConsulName } from "./consul.js";
import { atMost, type Finding, finding } from "./finding.js";
import { aroundOf, leftOutUnder } from "./left-out.js";
import { addressOfReverse } from "./question.js";
import { explainReverse } from "./reverse.js";
import { similarTo } from "./similar.js";
import { explainStatic, wildcardFor } from "./static.js";
import { addressesOf, heldOf, hiddenOf, isOmitted } from "./task.js";
import { type Found, Trace } from "./trace.js";
import { explainVipName } from "./vips.js";
import { describePiece, listed, shown, upper, withoutDot } from "./words.js";
import { isKnown, type ZoneAnswer, ZoneAsker } from "./zone-answer.js";

/** What is known of a name in one of the zones; nothing of any other name. Pauses now and then. */
export function* explainName(name: string, basis: ExplainBasis): Generator<undefined, readonly Finding[]> {
  const { snapshot, config, facts } = basis;
  const answer = new ZoneAsker(snapshot).askAll(name);
  const zone = zoneOf(name, basis);
  const address = addressOfReverse(name);
  const reverse = address && (yield* traced(new Trace(facts, config, { address }))).claims;
  const pointers = address && reverse ? explainReverse(address, reverse, basis) : [];
  if (!answer.isOurs) return pointers;
  const trace = yield* traced(new Trace(facts, config, { name }));
  const given = [
    ...sourcesOf(trace, basis),
    ...explainStatic(name, basis),
    ...explainVipName(name, basis),
    ...(consulZones(config.consul).some((each) => isInZone(name, each)) ? yield* explainConsulName(name, basis) : []),
    ...pointers,
  ];
  const isMissing = answer.rcode === RCODE.NXDOMAIN;
  return [
    ...outcomeOf(name, zone, answer, basis),
    ...reservedOf(name, basis),
    ...given,
    ...hiddenOf([{ name }], basis),
    ...leftOutUnder(name, trace, basis),
    ...(isMissing ? [...aroundOf(name, basis), ...(yield* similarTo(name, basis))] : []),
  ];
}

function* traced(trace: Trace): Generator<undefined, Trace> {
  yield* trace.all();
  return trace;
}

/** The apex of the zone that a name is in; "" if it is a name of its own, as reverse names are. */
function zoneOf(name: string, { snapshot }: ExplainBasis): string {
  const zones = snapshot.zones
    .map(({ apex }) => apex.zone)
    .filter((zone) => zone !== SCATTERED && isInZone(name, zone));
  return zones.reduce((longest, zone) => (zone.length > longest.length ? zone : longest), SCATTERED);
}

function outcomeOf(name: string, zone: string, answer: ZoneAnswer, basis: ExplainBasis): readonly Finding[] {
  const { rcode, records, isDelegated } = answer;
  const where =
    zone === SCATTERED
      ? `${shown(name)} is a name of this server's by itself`
      : `${shown(name)} is in the zone ${zone}`;
  const begin = finding("in_zone", `${where}, so this server answers for it, and does not forward it.`);
  if (rcode === RCODE.SERVFAIL) {
    return [begin, finding("not_ready", "No state of a master has been read yet, so every name in it is SERVFAIL.")];
  }
  if (isDelegated) {
    const servers = records.filter(({ type }) => type === "NS");
    const text = `${withoutDot(servers[0].owner)} is delegated: the answer is a referral to ${listed(servers.map(({ data }) => withoutDot(data)))}.`;
    return [begin, finding("delegated", text)];
  }
  if (rcode === RCODE.NXDOMAIN) return [begin, finding("no_such_name", `There is no such name: NXDOMAIN.`)];
  const wildcard = isKnown(name, basis.snapshot) ? undefined : wildcardFor(name, basis);
  return [
    begin,
    ...(name === zone ? [finding("apex", "It is the zone's apex: it has the SOA record and the name servers.")] : []),
    ...recordsOf(name, answer),
    ...(wildcard
      ? [
          finding(
            "wildcard",
            `No record has this name: ${wildcard.name}, of the configuration's records, stands for it.`,
          ),
        ]
      : []),
  ];
}

function recordsOf(name: string, { records }: ZoneAnswer): readonly Finding[] {
  if (records.length === 0) {
    return [
      finding(
        "no_records",
        "It exists, as there are names below it, and has no records itself: NODATA for every type.",
      ),
    ];
  }
  const alias = records.find(({ type, owner }) => type === "CNAME" && owner === `${name}.`);
  const lines = records.map(({ owner, type, ttl, data }) => finding("records", `${owner} ${ttl} ${type} ${data}`));
  const text = alias && `It is an alias of ${withoutDot(alias.data)}, which is asked for in its place.`;
  return [...(text ? [finding("alias", text)] : []), ...atMost(lines, "records")];
}

function reservedOf(name: string, { config: { domain } }: ExplainBasis): readonly Finding[] {
  const label = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : "";
  if (!isReserved(label)) return [];
  return [
    finding(
      "reserved",
      `${shown(name)} is kept for masters and agents: a framework of that name gets no address of its own.`,
    ),
  ];
}

/** What gives the records, and what would if others did not. */
function sourcesOf({ found }: Trace, basis: ExplainBasis): readonly Finding[] {
  const { facts } = basis;
  const pieces = new Map<object | string, Found[]>();
  for (const each of found) {
    const { piece } = each;
    const key =
      piece.kind === "task"
        ? piece.task
        : piece.kind === "agent"
          ? piece.agent
          : piece.kind === "framework"
            ? piece.framework
            : piece.kind;
    pieces.set(key, [...(pieces.get(key) ?? []), each]);
  }
  const shares = [...pieces.values()];
  const isLeftOut = (share: readonly Found[]) =>
    share.every(({ isStandby, name }) => isStandby && isOmitted(name, basis));
  const given = shares.filter((share) => !isLeftOut(share)).map((share) => shareOf(share, basis));
  const left = shares.filter(isLeftOut).map((share) => {
    const what = upper(describePiece(facts, share[0].piece));
    return finding(
      "unhealthy",
      `${what} is unhealthy: healthPolicy omitUnhealthy leaves it out, as others are healthy.`,
    );
  });
  const [first] = shares.filter((share) => share[0].piece.kind === "task");
  const task = first?.[0].piece.kind === "task" ? first[0].piece.task : undefined;
  const held = shares.flatMap(([{ piece }]) =>
    piece.kind === "task" ? heldOf(piece.framework, piece.task, basis) : [],
  );
  return [
    ...atMost(given, "parts of the cluster"),
    ...(task && shares.length === 1 ? addressesOf(task, basis) : []),
    ...atMost(left, "tasks"),
    ...atMost(held, "tasks"),
  ];
}

function shareOf(share: readonly Found[], { facts }: ExplainBasis): Finding {
  const [{ piece, isStandby }] = share;
  const values = [...new Set(share.map(({ type, value }) => `${type} ${value}`))];
  const health = isStandby ? ", though it is unhealthy: no other one is healthy" : "";
  const verb = piece.kind === "masters" || piece.kind === "name_server" ? "give" : "gives";
  return finding(piece.kind, `${upper(describePiece(facts, piece))} ${verb} ${listed(values.slice(0, 8))}${health}.`);
}

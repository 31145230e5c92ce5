import type { Address } from "../base/addresses.js";
import type { ExplainBasis } from "./basis.js";
import { atMost, type Finding, finding } from "./finding.js";
import { explainReverse } from "./reverse.js";
import { Trace } from "./trace.js";
import { explainVipAddress } from "./vips.js";
import { describePiece, shown } from "./words.js";

/** Which names lead to an address, and where it leads. Pauses now and then. */
export function* explainAddress(address: Address, basis: ExplainBasis): Generator<undefined, readonly Finding[]> {
  const { facts, config } = basis;
  const trace = new Trace(facts, config, { address });
  yield* trace.all();
  const names = new Map(trace.found.map((each) => [`${each.name} ${describePiece(facts, each.piece)}`, each]));
  const lines = Array.from(names.values(), ({ name, piece }) =>
    finding("names", `${shown(name)} has it, from ${describePiece(facts, piece)}.`),
  );
  const own = config.records
    .filter(
      ({ type, values }) => (type === "A" || type === "AAAA") && values.some(({ value }) => value === address.text),
    )
    .map(({ name, type }) =>
      finding("static_record", `records of the configuration give it to ${shown(name)} ${type}.`),
    );
  const virtual = explainVipAddress(address.text, basis);
  const all = [...atMost(lines, "names"), ...own, ...virtual];
  const nobody = finding(
    "unknown_address",
    `Nothing in the cluster has ${address.text}, and no record of the configuration.`,
  );
  return [...(all.length > 0 ? all : [nobody]), ...explainReverse(address, trace.claims, basis)];
}

import type { Address } from "../base/addresses.js";
import { ReverseNames, reverseName } from "../views/reverse/reverse-names.js";
import type { ExplainBasis } from "./basis.js";
import { type Finding, finding } from "./finding.js";
import type { Claim } from "./trace.js";
import { describePiece, listed, shown } from "./words.js";

const WHO = { agent: "is an agent's", task: "is a task's own", master: "is a master's" } as const;
const RANKS = ["agent", "task", "master"] as const;

/** Whose an address is, and what its reverse name leads to. @param claims all to this address */
export function explainReverse(address: Address, claims: readonly Claim[], basis: ExplainBasis): readonly Finding[] {
  const name = reverseName(address);
  if (!basis.config.reverse) {
    return [finding("reverse_nowhere", `${name} is not one of this server's names: reverse is false.`)];
  }
  const owners = RANKS.map((kind) => claims.filter((claim) => claim.kind === kind)).find((all) => all.length > 0) ?? [];
  const [first] = owners;
  if (!first) return [finding("reverse_nowhere", `${name} leads nowhere: no agent, task or master has the address.`)];
  const whose = `${address.text} ${WHO[first.kind]}: ${describePiece(basis.facts, first.piece)}`;
  const more = owners.length > 1 ? `, and ${owners.length - 1} more` : "";
  const targets = targetsOf(address, claims);
  if (targets.length > 0) {
    return [finding("reverse", `${whose}${more}. ${name} leads to ${listed(targets.map(shown))}.`)];
  }
  const agents = new Set(owners.map(({ agentId }) => agentId));
  const why =
    agents.size > 1
      ? "tasks on several agents report it, and each agent means another container by it"
      : owners.every((owner) => owner.name === "")
        ? "its owner has no name"
        : "every machine has this address";
  return [finding("reverse_nowhere", `${whose}${more}. ${name} leads nowhere: ${why}.`)];
}

function targetsOf(address: Address, claims: readonly Claim[]): readonly string[] {
  const names = new ReverseNames();
  for (const { kind, name, agentId } of claims) {
    if (kind === "agent") names.claims.agent(address, name);
    else if (kind === "task") names.claims.task(address, agentId, name);
    else names.claims.master(address, name);
  }
  const targets: string[] = [];
  names.publish({ pointer: () => undefined }, { pointer: (_, target) => void targets.push(target) });
  return targets;
}

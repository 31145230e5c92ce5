import type { Address } from "../../base/addresses.js";
import type { ClaimSink, RecordSink } from "../sink.js";

/** Who owns an address: of several claims, those with the highest rank. */
const RANK = { MASTER: 0, TASK: 1, AGENT: 2 } as const;

const NOBODY: readonly string[] = [];

interface Claim {
  readonly rank: number;
  /** The agent of a task. */
  readonly agentId: string;
  readonly name: string;
}

/** Nearly all addresses have one claim, and there are 100,000 of them: so the first stands by itself. */
interface Claims {
  readonly address: Address;
  first: Claim | undefined;
  others: Claim[] | undefined;
  /** The names that were published last; set only while the claims have changed since. */
  before: readonly string[] | undefined;
}

/**
 * Decides which name each address of the cluster points back to. An agent's address belongs to the agent, even if tasks and
 * masters use it too; a container's address belongs to its task; a master's address belongs to the master if no agent or task
 * has it. Other addresses get no names here, so queries for those are forwarded. The order of claims does not matter.
 */
export class ReverseNames {
  readonly #claims = new Map<number | string, Claims>();
  #changed: Claims[] = [];

  /** Adds claims. */
  readonly claims: ClaimSink = sinkOf((address, claim) => {
    const claims = this.#change(address);
    if (claims.first === undefined) claims.first = claim;
    else if (claims.others === undefined) claims.others = [claim];
    else claims.others.push(claim);
  });

  /** Withdraws claims. Throws for a claim that was not made before. */
  readonly withdrawals: ClaimSink = sinkOf((address, { rank, agentId, name }) => {
    const claims = this.#change(address);
    const list = listOf(claims);
    const at = list.findIndex((one) => one.rank === rank && one.agentId === agentId && one.name === name);
    if (at < 0) throw new Error(`nobody has claimed ${address.text} for ${name}`);
    const [first, ...others] = list.toSpliced(at, 1);
    claims.first = first;
    claims.others = others.length > 0 ? others : undefined;
  });

  /** Publishes the names of addresses whose claims have changed since the last time. */
  publish(removed: Pick<RecordSink, "pointer">, added: Pick<RecordSink, "pointer">): void {
    for (const claims of this.#changed) {
      const owner = reverseName(claims.address);
      for (const name of claims.before ?? []) removed.pointer(owner, name);
      for (const name of namesOf(claims)) added.pointer(owner, name);
      claims.before = undefined;
      if (claims.first === undefined) this.#claims.delete(keyOf(claims.address));
    }
    this.#changed = [];
  }

  #change(address: Address): Claims {
    const key = keyOf(address);
    let claims = this.#claims.get(key);
    if (!claims) {
      claims = { address, first: undefined, others: undefined, before: NOBODY };
      this.#claims.set(key, claims);
      this.#changed.push(claims);
    }
    if (claims.before === undefined) {
      claims.before = namesOf(claims);
      this.#changed.push(claims);
    }
    return claims;
  }
}

/** A number is found sooner than a text. */
function keyOf(address: Address): number | string {
  return address.family === 4 ? address.bits : address.text;
}

function listOf({ first, others = [] }: Claims): readonly Claim[] {
  return first === undefined ? [] : [first, ...others];
}

function sinkOf(take: (address: Address, claim: Claim) => void): ClaimSink {
  return {
    agent: (address, name) => take(address, { rank: RANK.AGENT, agentId: "", name }),
    task: (address, agentId, name) => take(address, { rank: RANK.TASK, agentId, name }),
    master: (address, name) => take(address, { rank: RANK.MASTER, agentId: "", name }),
  };
}

/** The names of the highest-ranking claims; none if tasks on several agents have the address: on each agent it is another container's. */
function namesOf(claims: Claims): readonly string[] {
  const { address, first, others } = claims;
  if (first === undefined || isEveryones(address)) return NOBODY;
  if (others === undefined) return first.name === "" ? NOBODY : [first.name];
  const list = listOf(claims);
  const rank = list.reduce((highest, claim) => Math.max(highest, claim.rank), 0);
  const highest = list.filter((claim) => claim.rank === rank);
  if (highest.some(({ agentId }) => agentId !== highest[0].agentId)) return [];
  return highest.map(({ name }) => name).filter((name) => name !== "");
}

/** The name of an address in `in-addr.arpa` (RFC 1035 §3.5) or `ip6.arpa` (RFC 3596 §2.5). */
export function reverseName(address: Address): string {
  if (address.family === 4) {
    const { bits } = address;
    return `${bits & 255}.${(bits >>> 8) & 255}.${(bits >>> 16) & 255}.${bits >>> 24}.in-addr.arpa`;
  }
  let name = "ip6.arpa";
  for (const octet of address.octets) name = `${NIBBLES[octet]}.${name}`;
  return name;
}

/** The two hexadecimal digits of an octet, the lower one first. */
const NIBBLES = Array.from({ length: 256 }, (_, octet) => `${(octet & 15).toString(16)}.${(octet >>> 4).toString(16)}`);

/** Unspecified, loopback and link-local addresses: every machine has them, and resolvers answer for them locally (RFC 6303 §4). */
function isEveryones(address: Address): boolean {
  if (address.family === 4) {
    const { bits } = address;
    return bits >>> 24 === 0 || bits >>> 24 === 127 || bits >>> 16 === ((169 << 8) | 254);
  }
  const { octets } = address;
  if (octets[0] === 0xfe && (octets[1] & 0xc0) === 0x80) return true;
  return octets[15] <= 1 && octets.every((octet, i) => octet === 0 || i === 15);
}

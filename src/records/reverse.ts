import type { Address } from "./addresses.js";

/** Takes PTR records, one at a time; names as in `RecordSink`. */
export interface PointerSink {
  pointer(name: string, target: string): void;
}

/** Whose an address is; where several have it, the highest. */
const RANK = { MASTER: 0, TASK: 1, AGENT: 2 } as const;

/** Those of one rank that have an address. */
interface Claim {
  readonly address: Address;
  readonly rank: number;
  /** The agent of the first task. */
  readonly agentId: string;
  readonly names: string[];
  /** Tasks on several agents have it, so each agent knows another container by it. */
  isPrivate: boolean;
}

/**
 * Finds out whose name each address of the cluster leads back to. An agent's address is the agent's, though tasks and
 * masters use it too; a container's is its task's; what is left of the masters' is theirs. Nobody else's addresses have
 * names here, so that those are asked for elsewhere. The order of claims does not matter.
 */
export class ReverseNames {
  readonly #claims = new Map<string, Claim>();

  /** Names may be "" where the owner has none: the address is still nobody else's. */
  agent(address: Address, name: string): void {
    this.#claim(address, RANK.AGENT, "", name);
  }

  /** @param address the container's own, as the task reports it */
  task(address: Address, agentId: string, name: string): void {
    this.#claim(address, RANK.TASK, agentId, name);
  }

  master(address: Address, name: string): void {
    this.#claim(address, RANK.MASTER, "", name);
  }

  emit(sink: PointerSink): void {
    for (const { address, isPrivate, names } of this.#claims.values()) {
      if (isPrivate || isEveryones(address)) continue;
      const owner = reverseName(address);
      for (const name of names) if (name !== "") sink.pointer(owner, name);
    }
  }

  #claim(address: Address, rank: number, agentId: string, name: string): void {
    const known = this.#claims.get(address.text);
    if (!known || known.rank < rank) {
      this.#claims.set(address.text, { address, rank, agentId, names: [name], isPrivate: false });
    } else if (known.rank === rank) {
      known.names.push(name);
      if (known.agentId !== agentId) known.isPrivate = true;
    }
  }
}

/** The name of an address in `in-addr.arpa` (RFC 1035 §3.5) or `ip6.arpa` (RFC 3596 §2.5). */
export function reverseName({ family, octets }: Address): string {
  let name = family === 4 ? "in-addr.arpa" : "ip6.arpa";
  for (const octet of octets) name = `${family === 4 ? octet : NIBBLES[octet]}.${name}`;
  return name;
}

/** An octet's two hexadecimal digits, the lower one first. */
const NIBBLES = Array.from({ length: 256 }, (_, octet) => `${(octet & 15).toString(16)}.${(octet >>> 4).toString(16)}`);

/** Unspecified, loopback and link-local: every machine has them, and every resolver answers for them (RFC 6303 §4). */
function isEveryones({ family, octets }: Address): boolean {
  if (family === 4) return octets[0] === 0 || octets[0] === 127 || (octets[0] === 169 && octets[1] === 254);
  if (octets[0] === 0xfe && (octets[1] & 0xc0) === 0x80) return true;
  return octets[15] <= 1 && octets.every((octet, i) => octet === 0 || i === 15);
}

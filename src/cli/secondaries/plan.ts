import type { HostPort } from "../../base/host-port.js";
import type { TsigAlgorithmName } from "../../config/config.js";

/** Servers that are told how to be a secondary. */
export const SECONDARIES = ["knot", "nsd", "bind", "powerdns", "unbound"] as const;
export type SecondaryName = (typeof SECONDARIES)[number];

/** A key without its secret. */
export interface NamedKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithmName;
}

/** What a secondary is to do. */
export interface SecondaryPlan {
  /** Names of the zones to transfer, without the final dot, the catalogue not among them. */
  readonly zones: readonly string[];
  /** The zone that lists the others (RFC 9432), or "". */
  readonly catalogZone: string;
  /** Where to transfer from, by address: the first whenever it answers. At least one. */
  readonly primaries: readonly HostPort[];
  /** The key to sign with; undefined if nothing is signed. */
  readonly key: NamedKey | undefined;
}

/** The lines for a kind of server, and the sign that begins a comment there. */
export interface SecondaryLines {
  readonly comment: string;
  lines(plan: SecondaryPlan): readonly string[];
}

/** Stands where the secret belongs. It is no Base64, so that a server that is given it as it is refuses to start. */
export function secretPlace({ name }: NamedKey): string {
  return `<the secret of ${name}>`;
}

/** The name of the file that a server keeps a zone in. */
export function fileOf(zone: string, ending: string): string {
  return `${zone.replaceAll("/", "-")}.${ending}`;
}

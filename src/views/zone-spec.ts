/** The SOA's fields (RFC 1035 §3.3.13) without the serial. Names are dotted, lower case, without the final dot; times are in seconds. */
export interface SoaSpec {
  readonly mname: string;
  readonly rname: string;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** How answers from a zone differ from the usual ones. */
export interface AnswerRules {
  /** The most records of an RRset that a client without EDNS gets over UDP: different ones each time. */
  readonly plainUdpLimit?: number;
  /** An incomplete RRset does not set TC: clients are content with a part of it. */
  readonly cutsSilently?: boolean;
  /** Records are in the order of the zone. Otherwise they are rotated, with a different one first each time. */
  readonly keepsOrder?: boolean;
  /** ANY is answered without SRV records, where a name has others. */
  readonly anyOmitsSrv?: boolean;
  /**
   * Names with more labels than this below the apex are there only with records: a name between two others gets NXDOMAIN. A resolver that
   * takes this for the names below as well (RFC 8020) loses them, so it is for zones that imitate a server which answers so.
   */
  readonly emptyNameLabels?: number;
  /** It has wildcards or delegations: for a name that is not there, the closest one above it decides (RFC 4592 §3.3.1). */
  readonly seeksEnclosers?: boolean;
}

/** A zone that this server is authoritative for, as a view describes it. */
export interface ZoneSpec {
  /** The apex, dotted, lower case, without the final dot, which identifies the zone; `SCATTERED` if the zone has no apex. */
  readonly name: string;
  /** The TTL of every record, in seconds. */
  readonly ttl: number;
  readonly soa: SoaSpec;
  /** Names of its servers (NS): at least one. */
  readonly nameServers: readonly string[];
  /** The weight and the priority of every SRV record. */
  readonly srvWeight: number;
  readonly srvPriority?: number;
  readonly answers?: AnswerRules;
}

/**
 * In place of an apex: the zone consists of single names, such as the reverse names of addresses, and is not a subtree. Each name is
 * its own apex. The server is not authoritative for any other name.
 */
export const SCATTERED = "";

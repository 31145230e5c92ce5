/** The SOA's fields (RFC 1035 §3.3.13) but for the serial; names dotted, lower case, without the final dot; times in seconds. */
export interface SoaSpec {
  readonly mname: string;
  readonly rname: string;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** How answers from a zone differ from those of others. What is left out is as usual. */
export interface AnswerRules {
  /** Records of an RRset that a client without EDNS gets over UDP at the most: other ones each time. */
  readonly plainUdpLimit?: number;
  /** An RRset that is not given whole does not set TC: clients are content with a part. */
  readonly cutsSilently?: boolean;
  /** Records come in the order of the zone, and not with another one first each time. */
  readonly keepsOrder?: boolean;
}

/** A zone that this server is authoritative for, as a view describes it. */
export interface ZoneSpec {
  /** The apex, dotted, lower case, without the final dot; it names the zone among all of them. `SCATTERED` where there is none. */
  readonly name: string;
  /** Seconds, for every record. */
  readonly ttl: number;
  readonly soa: SoaSpec;
  /** Of every SRV record. */
  readonly srvWeight: number;
  readonly answers?: AnswerRules;
}

/**
 * In place of an apex: the zone is no subtree but single names, such as the reverse names of addresses. Each is its own apex, and
 * every name that is not among them is somebody else's.
 */
export const SCATTERED = "";
